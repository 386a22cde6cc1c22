/**
 * Finds the key files of a tar archive, compressed with gzip or not, or the keys of a single file,
 * entirely in memory: nothing is
 * unpacked to disk, so names and links of the archive can lead nowhere.
 */
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { unpackTar, type TarHeader } from 'modern-tar';

import { isTrustError, messageOf } from '../../errors.js';
import { limits } from '../../limits.js';
import { readBounded } from '../../read-file.js';
import { mentionsPrivateKey, readKeyText } from '../key-text.js';
import {
  checkCounts,
  invalidStore,
  isKeyPath,
  whyLeftOut,
  type FoundKeyFile,
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
  const bytes = await readBytes(file);
  const single = singleFile(file, bytes);
  if (single) return single;
  const tar = await uncompressed(bytes, file);
  const [passedOver, leftOut]: [PassedOver[], PassedOver[]] = [[], []];
  let entries = 0;
  const wanted = (header: TarHeader): boolean => {
    const name = pathOf(header, file);
    const { size, type = 'file' } = header;
    checkCounts(file, ++entries, 0);
    if (type === 'directory') return false;
    const why = type !== 'file' ? notFollowed : size > limits.keyFileBytes ? tooLarge : undefined;
    if (why !== undefined && isKeyPath(name)) passedOver.push({ path: name, why });
    return why === undefined;
  };
  try {
    const found = await unpackTar(tar, { strict: true, filter: wanted });
    const files: FoundKeyFile[] = [];
    for (const { header, data } of found) {
      const [name, content] = [pathOf(header, file), Buffer.from(data ?? [])];
      const why = whyLeftOut(name, content);
      if (why !== undefined) leftOut.push({ path: name, why });
      else if (isKeyPath(name) || mentionsPrivateKey(content)) {
        files.push({ path: name, bytes: content });
      }
    }
    checkCounts(file, entries, files.length);
    return { files, leftOut, passedOver };
  } catch (cause) {
    if (isTrustError(cause)) throw cause;
    throw invalidStore(
      file,
      `it is not a tar archive, or it is damaged (${messageOf(cause)})`,
      cause,
    );
  }
}

/** A file that is no archive, but holds a key or several. */
function singleFile(file: string, bytes: Buffer): FoundKeyFiles | undefined {
  const isTar = bytes.subarray(257, 262).toString('latin1') === 'ustar';
  if (isTar || bytes.length > limits.keyArchiveBytes) return undefined;
  const { blocks, unreadable } = readKeyText(bytes);
  const isKey =
    blocks.some(({ label }) => label.endsWith('PRIVATE KEY')) || unreadable === 'PKCS#12';
  if (!isKey && unreadable !== 'damaged PEM') return undefined;
  return { files: [{ path: path.basename(file), bytes }], leftOut: [], passedOver: [] };
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const bytes = await readBounded(file, limits.keyArchiveBytes);
    if (bytes) return bytes;
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
  [Buffer.from('-----BEGIN', 'latin1'), 'a PEM file without a private key'],
];

/** The name of an entry without what tar leaves out itself: `./`, `/`. */
function pathOf({ name }: TarHeader, file: string): string {
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  if (/[\u0000-\u001f]/.test(name) || name.split(/[\\/]/).includes('..')) {
    throw invalidStore(file, `it has an entry with an unsafe path: ${JSON.stringify(name)}`);
  }
  return name.replace(/^(?:\.?\/)+/, '');
}
