/**
 * Finds the key files of a tar archive, compressed with gzip or not, entirely in memory: nothing is
 * unpacked to disk, so names and links of the archive can lead nowhere.
 */
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { unpackTar, type TarHeader } from 'modern-tar';

import { isTrustError, messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  checkCounts,
  invalidStore,
  isKeyPath,
  type FoundKeyFiles,
  type PassedOver,
} from './found-file.js';
import { notFollowed, tooLarge } from './read-folder.js';

/**
 * The key files of the archive `file`.
 * @throws {TrustError} ARCHIVE_INVALID when it is no such archive, damaged, far larger than any, or
 * has names that try to lead out of it
 */
export async function readKeyArchive(file: string): Promise<FoundKeyFiles> {
  const tar = await uncompressed(await readBytes(file), file);
  const passedOver: PassedOver[] = [];
  let [entries, keys] = [0, 0];
  const wanted = (header: TarHeader): boolean => {
    const path = pathOf(header, file);
    const { size, type = 'file' } = header;
    checkCounts(file, ++entries, keys);
    if (type === 'directory' || !isKeyPath(path)) return false;
    const why = type !== 'file' ? notFollowed : size > limits.keyFileBytes ? tooLarge : undefined;
    if (why !== undefined) passedOver.push({ path, why });
    else keys += 1;
    return why === undefined;
  };
  try {
    const found = await unpackTar(tar, { strict: true, filter: wanted });
    checkCounts(file, entries, keys);
    return {
      files: found.map(({ header, data }) => ({
        path: pathOf(header, file),
        text: Buffer.from(data ?? []).toString('utf8'),
      })),
      passedOver,
    };
  } catch (cause) {
    if (isTrustError(cause)) throw cause;
    throw invalidStore(file, `it is no tar archive, or a damaged one (${messageOf(cause)})`, cause);
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size <= limits.keyArchiveBytes) return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw invalidStore(file, messageOf(cause), cause);
  }
  throw invalidStore(file, 'it is far too large');
}

async function uncompressed(bytes: Buffer, file: string): Promise<Buffer> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
    const found = otherForms.find(([start]) => bytes.subarray(0, start.length).equals(start))?.[1];
    if (found === undefined) return bytes;
    throw invalidStore(file, `it is ${found}`);
  }
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: limits.keyArchiveUnpackedBytes });
  } catch (cause) {
    const why =
      cause instanceof RangeError
        ? 'it is far too large once it is unpacked'
        : `its compression is damaged (${messageOf(cause)})`;
    throw invalidStore(file, why, cause);
  }
}

/** What people give instead, by its first bytes. */
const otherForms: readonly (readonly [Buffer, string])[] = [
  [Buffer.from('PK\u0003\u0004', 'latin1'), 'a zip file'],
  [Buffer.from('fd377a585a00', 'hex'), 'compressed with xz'],
  [Buffer.from('BZh', 'latin1'), 'compressed with bzip2'],
  [Buffer.from('28b52ffd', 'hex'), 'compressed with zstd'],
  [Buffer.from('-----BEGIN', 'latin1'), 'a single PEM file'],
];

/** The name of an entry without what tar leaves out itself: `./`, `/`. */
function pathOf({ name }: TarHeader, file: string): string {
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  if (/[\u0000-\u001f]/.test(name) || name.split(/[\\/]/).includes('..')) {
    throw invalidStore(file, `it has an entry whose name leads elsewhere: ${JSON.stringify(name)}`);
  }
  return name.replace(/^(?:\.?\/)+/, '');
}
