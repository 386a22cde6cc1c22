/**
 * Finds the Dockerfile of a build the way both builders do, before anything runs. Remote contexts and
 * remote Dockerfiles are left to Docker; what they contain is not known here.
 */
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { hasCode, isMissing, TrustError } from '../errors.js';
import { findDockerfile, isPattern } from './find-dockerfile.js';

/** The build context that is the folder of the Dockerfile, as `Docker@2` has it. */
export const folderOfDockerfile = '**';

/** The Dockerfile of a local context. */
export interface LocatedDockerfile {
  /** Absolute. */
  readonly path: string;
  /** What was read once, and is built whatever happens to the file afterwards. */
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Whether Docker fetches `context`, if there is no such folder (docker/cli build/urlutil; buildx adds
 * ssh:// and remote Dockerfile URLs).
 */
export function isRemoteContext(context: string): boolean {
  return /^(?:https?:\/\/|git:\/\/|ssh:\/\/|github\.com\/|git@|docker-image:\/\/|oci-layout:\/\/)/.test(
    context,
  );
}

/**
 * The absolute path of a context; undefined for one that Docker fetches.
 * @throws {TrustError} INPUT_INVALID (no such context)
 */
export async function locateContext(
  given: string,
  workingDirectory: string,
): Promise<string | undefined> {
  const context = resolve(workingDirectory, given);
  // Both builders look for a folder first, whatever its name looks like.
  if (await isFolder(context)) return context;
  if (isRemoteContext(given)) return undefined;
  throw new TrustError('INPUT_INVALID', `The build context ${context} is not a folder`, {
    remedy: `Check \`context\`: it is relative to the working folder ${workingDirectory}.`,
  });
}

/**
 * Finds and reads the Dockerfile; undefined where context or Dockerfile are remote. A given path is
 * relative to the working folder, not to the context (docker/cli GetContextFromLocalDir, buildx
 * LoadInputs); without one it is `Dockerfile`, or `dockerfile`, in the context. A pattern, and the
 * context that is the folder of the Dockerfile, are those of `Docker@2`.
 * @throws {TrustError} DOCKERFILE_NOT_FOUND, DOCKERFILE_AMBIGUOUS, INPUT_INVALID (no such context)
 */
export async function locateDockerfile(build: {
  readonly context: string;
  readonly dockerfile?: string | undefined;
  readonly workingDirectory: string;
}): Promise<LocatedDockerfile | undefined> {
  if (build.context === folderOfDockerfile) {
    const { workingDirectory, dockerfile = '**/Dockerfile' } = build;
    if (/^https?:\/\//.test(dockerfile)) {
      throw new TrustError('INPUT_INVALID', `The Dockerfile ${dockerfile} is in no local folder`, {
        remedy: 'Set `context` to the folder to build from.',
      });
    }
    const path = await findOrResolve(dockerfile, workingDirectory);
    return locateDockerfile({ context: dirname(path), dockerfile: path, workingDirectory });
  }
  if (build.dockerfile !== undefined && /^https?:\/\//.test(build.dockerfile)) return undefined;
  const context = await locateContext(build.context, build.workingDirectory);
  if (context === undefined) {
    if (build.dockerfile === undefined || !isPattern(build.dockerfile)) return undefined;
    throw new TrustError(
      'INPUT_INVALID',
      `"${build.dockerfile}" is not a path in ${build.context}`,
      {
        remedy:
          'A pattern is searched for in local folders only: set `dockerfile` to the path itself.',
      },
    );
  }
  if (build.dockerfile === undefined) {
    for (const name of ['Dockerfile', 'dockerfile']) {
      const path = join(context, name);
      const read = await readDockerfile(path);
      if (read !== undefined) return read;
    }
    throw new TrustError('DOCKERFILE_NOT_FOUND', `There is no Dockerfile in ${context}`, {
      remedy: `Set \`dockerfile\` to its path, or to \`**/Dockerfile\` to have it searched for.${await candidates(context)}`,
    });
  }
  const path = await findOrResolve(build.dockerfile, build.workingDirectory);
  const read = await readDockerfile(path);
  if (read !== undefined) return read;
  const inContext = join(context, build.dockerfile);
  const hint =
    (await readDockerfile(inContext)) === undefined
      ? await candidates(dirname(path))
      : ` There is one in the context: set \`dockerfile\` to ${join(build.context, build.dockerfile)}.`;
  throw new TrustError('DOCKERFILE_NOT_FOUND', `There is no Dockerfile ${path}`, {
    remedy: `\`dockerfile\` is relative to the working folder, not to the context.${hint}`,
  });
}

function findOrResolve(dockerfile: string, workingDirectory: string): Promise<string> {
  return isPattern(dockerfile)
    ? findDockerfile(dockerfile, workingDirectory)
    : Promise.resolve(resolve(workingDirectory, dockerfile));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function readDockerfile(path: string): Promise<LocatedDockerfile | undefined> {
  try {
    const bytes = await readFile(path);
    return { path, bytes, text: bytes.toString('utf8') };
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'EISDIR')) return undefined;
    throw error;
  }
}

/** Names in `folder` that look like a Dockerfile, as a sentence; empty where there are none. */
async function candidates(folder: string): Promise<string> {
  if (!(await isFolder(folder))) return '';
  const names = (await readdir(folder)).filter((name) => /dockerfile|containerfile/i.test(name));
  return names.length === 0
    ? ''
    : ` In ${folder} there is: ${names.sort().slice(0, 5).join(', ')}.`;
}
