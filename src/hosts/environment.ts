/**
 * What the process was started with: its environment, from which inputs are taken out so that no child process
 * gets them, its folder and its user's.
 */
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { TrustError } from '../errors.js';

/** Environment variables by name, as in `process.env`. */
export type Environment = Record<string, string | undefined>;

/**
 * Moves the variables whose names begin with `prefix` out of `environment`; their names are given
 * in upper case, without the prefix.
 */
export function takeInputs(environment: Environment, prefix: string): ReadonlyMap<string, string> {
  const taken = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.toUpperCase().startsWith(prefix) || value === undefined) continue;
    taken.set(name.slice(prefix.length).toUpperCase(), value);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the only way for process.env
    delete environment[name];
  }
  return taken;
}

/**
 * The folder that the process was started in.
 * @throws {TrustError} INPUT_INVALID if it has been removed since
 */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new TrustError('INPUT_INVALID', 'The folder that this was started in is gone', {
      remedy: 'Change to a folder that exists, then run it again.',
      cause,
    });
  }
}

/** Of users without one, as in a container that runs as any user ID. By Debian's convention it does not exist. */
const nobodysHome = '/nonexistent';

/** The user's home directory; as for Docker, not one that depends on the current folder, where others put files. */
export function homeDirectory(): string {
  for (const read of [homedir, () => userInfo().homedir]) {
    try {
      const home = read();
      if (path.isAbsolute(home)) return home;
    } catch {
      // The machine does not know this user.
    }
  }
  return nobodysHome;
}
