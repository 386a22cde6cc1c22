/**
 * Makes the entries of one folder reachable in another: by links, or by copies where the file system
 * takes no links. Never writes into the first.
 */
import { chmod, copyFile, cp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, TrustError, messageOf } from '../errors.js';

interface Sharing {
  /** Names that are left out. */
  readonly skipped: ReadonlySet<string>;
  readonly windows: boolean;
  /** Makes a link, a junction if so said. */
  readonly link?: (source: string, target: string, type?: 'junction') => Promise<void>;
}

/**
 * Shares what is in `from`, which need not exist, in `to`.
 * @throws {TrustError} FILE_NOT_WRITTEN for an entry that can neither be linked nor copied.
 */
export async function shareEntries(
  from: string,
  to: string,
  { skipped, windows, link = symlink }: Sharing,
): Promise<void> {
  const entries = (await readdir(from, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  for (const entry of entries) {
    if (skipped.has(entry.name)) continue;
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    try {
      if (windows && !entry.isDirectory()) {
        // Links to files need a privilege there.
        if (entry.isFile()) await copyPrivately(source, target);
        continue;
      }
      // A junction needs no privilege, and removing it leaves what it points to alone.
      if (await isLinked(() => link(source, target, windows ? 'junction' : undefined), target)) {
        continue;
      }
      await copyAll(source, target);
    } catch (cause) {
      throw new TrustError(
        'FILE_NOT_WRITTEN',
        `The Docker configuration ${from} cannot be used: "${entry.name}" can neither be linked nor copied: ${messageOf(cause)}`,
        {
          remedy: 'Point DOCKER_CONFIG at a folder on a local disk, with only what this run needs.',
          cause,
        },
      );
    }
  }
}

/**
 * Whether there is a link now that leads somewhere: a junction to a network share can be made and
 * never followed. A link that leads nowhere because its source does is as good as the source.
 */
async function isLinked(link: () => Promise<void>, target: string): Promise<boolean> {
  try {
    await link();
  } catch {
    // Not on this file system, not for this user, not to a share: a copy does as well.
    return false;
  }
  if (process.platform !== 'win32') return true;
  const leads = await stat(target).then(
    () => true,
    () => false,
  );
  if (!leads) await rm(target, { force: true, recursive: true });
  return leads;
}

/** Folders and files; sockets and the like cannot be copied, and belong to who made them. */
async function copyAll(source: string, target: string): Promise<void> {
  await cp(source, target, {
    recursive: true,
    dereference: true,
    filter: async (path) => {
      const found = await stat(path).catch(ignoreMissing);
      return found !== undefined && (found.isFile() || found.isDirectory());
    },
  });
}

async function copyPrivately(source: string, target: string): Promise<void> {
  await copyFile(source, target);
  await chmod(target, 0o600);
}

/** Not there (or below something that is no folder) is an answer; anything else is a failure. */
export function ignoreMissing(error: unknown): undefined {
  if (isMissing(error)) return undefined;
  throw error;
}
