/** Finds a program in a given PATH, as the operating system would; never in our own PATH. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';

/** What the search depends on besides the name. */
interface ProgramSearch {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

/** The full path of the program `file`, or nothing if there is none that may be run. */
export async function which(
  file: string,
  { env, cwd, platform }: ProgramSearch,
): Promise<string | undefined> {
  const windows = platform === 'win32';
  const flavour = windows ? path.win32 : path.posix;
  const folders =
    file.includes('/') || (windows && file.includes('\\'))
      ? [cwd]
      : (variable(env, 'PATH', windows) ?? '').split(flavour.delimiter).filter(Boolean);
  const endings = windows ? endingsOf(file, variable(env, 'PATHEXT', windows)) : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const candidate = flavour.resolve(cwd, folder, file + ending);
      if (await isProgram(candidate, windows)) return candidate;
    }
  }
  return undefined;
}

/** Names of environment variables have no case on Windows. */
function variable(
  env: Readonly<Record<string, string>>,
  name: string,
  windows: boolean,
): string | undefined {
  if (!windows) return env[name];
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

function endingsOf(file: string, pathExt = '.COM;.EXE;.BAT;.CMD'): readonly string[] {
  const endings = pathExt.split(';').filter((ending) => ending !== '');
  const upper = file.toUpperCase();
  return endings.some((ending) => upper.endsWith(ending.toUpperCase()))
    ? ['', ...endings]
    : endings;
}

async function isProgram(candidate: string, windows: boolean): Promise<boolean> {
  try {
    if (!(await stat(candidate)).isFile()) return false;
    await access(candidate, windows ? constants.F_OK : constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: in both cases the search goes on, as a shell's would.
    return false;
  }
}
