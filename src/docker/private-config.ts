/**
 * A DOCKER_CONFIG of this run's own: the user's configuration as it is, but with our login for one
 * registry and an empty trust store. It never writes to the user's configuration and removes only
 * what it made. Folders are named `acr-content-trust-docker-` and random characters.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { TrustError, messageOf } from '../errors.js';
import { asRecord } from '../json.js';
import { type RegistryLogin, editConfigFile } from './config-file.js';
import { markerFile, privateConfigPrefix } from './private-config-folder.js';
import { ownMark } from './run-mark.js';
import { ignoreMissing, shareEntries } from './share-entries.js';

/** Not shared with the user's folder: replaced, or state that must not outlive the run. */
const ownEntries = new Set([
  'config.json',
  'trust',
  'tls',
  '.token_seed',
  '.token_seed.lock',
  markerFile,
]);

interface PrivateConfigOptions {
  /** The folder that DOCKER_CONFIG names, or `~/.docker`; it need not exist. */
  readonly userConfig: string;
  /** Where the private folder is made: the runner's temporary folder. */
  readonly tempDirectory: string;
  /** Our login for one registry; without it the user's own logins are kept. */
  readonly login?: RegistryLogin;
  /** Text of the variable DOCKER_AUTH_CONFIG, whose logins win over those of the user's file. */
  readonly authConfig?: string;
  /** The BUILDX_CONFIG of the user, if any. */
  readonly buildxConfig?: string;
  readonly windows?: boolean;
  /** Told the path before anything secret is in it, so that a later step can clean up. */
  readonly onCreated?: (path: string) => void;
}

export interface PrivateConfig {
  readonly path: string;
  /** What a child process needs to use it: DOCKER_CONFIG and BUILDX_CONFIG. */
  readonly env: Readonly<Record<string, string>>;
  /** Removes the folder; calling it again does nothing. */
  dispose(): Promise<void>;
}

/**
 * Makes a private configuration. Nothing is left behind when it fails.
 * @throws {TrustError} INPUT_INVALID where the user's config.json cannot be understood
 */
export async function createPrivateConfig(options: PrivateConfigOptions): Promise<PrivateConfig> {
  const userConfig = resolve(options.userConfig);
  const config = editConfigFile(await readUserFile(join(userConfig, 'config.json')), options);
  // mkdtemp makes the folder 0700, whatever the umask.
  const path = await mkdtemp(join(resolve(options.tempDirectory), privateConfigPrefix));
  const dispose = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    await writePrivateFile(join(path, markerFile), await ownMark());
    options.onCreated?.(path);
    await writePrivateFile(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    await mkdir(join(path, 'trust'), { mode: 0o700 });
    await mkdir(join(path, 'tls'), { mode: 0o700 });
    const windows = options.windows === true;
    await shareEntries(userConfig, path, { skipped: ownEntries, windows });
    await shareEntries(join(userConfig, 'tls'), join(path, 'tls'), { skipped: new Set(), windows });
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    path,
    env: {
      DOCKER_CONFIG: path,
      BUILDX_CONFIG: options.buildxConfig ?? join(userConfig, 'buildx'),
    },
    dispose,
  };
}

/** Writes a file that only this user can read, in one step: never readable, never half there. */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { mode: 0o600, flag: 'wx' });
}

async function readUserFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch(ignoreMissing);
  if (text === undefined || text.trim() === '') return {};
  const broken = (why: string, cause?: unknown): TrustError =>
    new TrustError('INPUT_INVALID', `The Docker configuration ${path} cannot be used: ${why}`, {
      remedy: 'Repair the file, or point DOCKER_CONFIG at another folder.',
      cause,
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // Node quotes the text around the fault, which may be part of a password: position only.
    const position = /position \d+/.exec(messageOf(error))?.[0];
    throw broken(`it is not JSON${position === undefined ? '' : ` (${position})`}`);
  }
  const object = asRecord(parsed);
  if (object === undefined) throw broken('it is not a JSON object');
  return object;
}
