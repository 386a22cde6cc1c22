/**
 * Finds the key files of a folder of Docker or notary. Reads only: no link below the folder is
 * followed.
 */
import { constants } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { hasCode, messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import { readBounded } from '../../read-file.js';
import { mentionsPrivateKey } from '../key-text.js';
import {
  checkCounts,
  invalidStore,
  isKeyPath,
  whyLeftOut,
  type FoundKeyFile,
  type FoundKeyFiles,
  type PassedOver,
} from './found-file.js';

/**
 * The key files of `folder`: all of its `private`, where it is a trust directory (`~/.docker/trust`,
 * `~/.notary`) or the folder of one, and elsewhere every file that holds a private key.
 * @throws {TrustError} ARCHIVE_INVALID when it cannot be read, or is far larger than any such folder
 */
export async function readKeyFolder(folder: string): Promise<FoundKeyFiles> {
  const root = await privateFolderOf(folder);
  const files: FoundKeyFile[] = [];
  const [passedOver, leftOut]: [PassedOver[], PassedOver[]] = [[], []];
  let entries = 0;
  const take = async (absolute: string, relative: string, isKey: boolean): Promise<void> => {
    const read = await readFile(absolute);
    if (read.why !== undefined) {
      // What is no key by its name is none of ours unless it says so itself.
      if (isKey) passedOver.push({ path: relative, why: read.why });
      return;
    }
    const why = whyLeftOut(relative, read.bytes);
    if (why !== undefined) leftOut.push({ path: relative, why });
    else if (isKey || mentionsPrivateKey(read.bytes)) {
      files.push({ path: relative, bytes: read.bytes });
    }
  };
  const walk = async (directory: string, depth: number): Promise<void> => {
    if (depth > limits.keyStoreDepth) throw invalidStore(folder, 'its folders lie too deep');
    for (const entry of await list(directory, folder)) {
      const absolute = path.join(directory, entry.name);
      const relative = slashed(path.relative(folder, absolute));
      // The folder that was named may itself be `private`.
      const place = slashed(path.relative(root, absolute));
      const isKey = isKeyPath(
        place.startsWith('../') ? relative : `${path.basename(root)}/${place}`,
      );
      checkCounts(folder, ++entries, files.length);
      if (entry.isDirectory()) await walk(absolute, depth + 1);
      else if (entry.isFile()) await take(absolute, relative, isKey);
      else if (isKey) passedOver.push({ path: relative, why: notFollowed });
    }
  };
  await walk(folder, 0);
  checkCounts(folder, entries, files.length);
  return { files, leftOut, passedOver };
}

/** What is said of a key that is a link, a device or the like. */
export const notFollowed = 'is not a regular file; links are not followed';

/** What is said of a key that is none by its size. */
export const tooLarge = 'is far too large for a key';

function slashed(relative: string): string {
  return relative.split(path.sep).join('/');
}

async function privateFolderOf(folder: string): Promise<string> {
  for (const inner of ['trust/private', 'private']) {
    const candidate = path.join(folder, inner);
    if (await isFolder(candidate)) return candidate;
  }
  return folder;
}

async function isFolder(candidate: string): Promise<boolean> {
  try {
    return (await stat(candidate)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw invalidStore(candidate, messageOf(error), error);
  }
}

async function list(directory: string, folder: string) {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw invalidStore(folder, messageOf(cause), cause);
  }
}

type Read =
  | { readonly bytes: Buffer; readonly why?: undefined }
  | { readonly bytes?: undefined; readonly why: string };

async function readFile(file: string): Promise<Read> {
  try {
    // Between the listing and now it may have become a link. Windows knows no such flag.
    const flags = constants.O_RDONLY | ((constants.O_NOFOLLOW as number | undefined) ?? 0);
    const bytes = await readBounded(file, limits.keyFileBytes, flags);
    return bytes ? { bytes } : { why: tooLarge };
  } catch (error) {
    return { why: `cannot be read: ${messageOf(error)}` };
  }
}
