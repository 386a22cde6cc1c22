/**
 * notation's own files: trustpolicy.json, and a trust store as a folder of certificates in
 * x509/<type>/<name>. The one file of this folder that reads a disk.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { TrustError, isTrustError, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { readBounded } from '../read-file.js';
import {
  readTrustPolicy,
  readTrustStore,
  storeKey,
  type TrustPolicy,
  type TrustStore,
  type TrustStoreFile,
  type TrustStoreName,
} from './policy/index.js';

/** @throws {TrustError} TRUST_POLICY_INVALID */
export async function readTrustPolicyFile(file: string): Promise<TrustPolicy> {
  return readTrustPolicy(file, await readTrustFile(file, `The trust policy ${file}`));
}

/**
 * Reads stores of the folder that holds `x509`.
 * @param names the stores that are needed; others may lie there and are not read.
 * @throws {TrustError} TRUST_POLICY_INVALID
 */
export async function readTrustStoreFolder(
  folder: string,
  names: readonly TrustStoreName[],
): Promise<TrustStore> {
  const wanted = new Map(names.map((name) => [storeKey(name), name]));
  const files = await Promise.all([...wanted.values()].map((name) => filesOf(folder, name)));
  return readTrustStore(files.flat());
}

async function filesOf(folder: string, store: TrustStoreName): Promise<readonly TrustStoreFile[]> {
  const place = path.join(folder, 'x509', store.type, store.name);
  const what = `The trust store ${storeKey(store)}`;
  let entries;
  try {
    entries = await readdir(place, { withFileTypes: true });
  } catch (cause) {
    throw unusable(`${what} cannot be read: ${messageOf(cause)}`, cause);
  }
  // As for notation: what a link or a subfolder holds is nobody's statement of trust.
  const other = entries.find((entry) => !entry.isFile());
  if (other) throw unusable(`${what} holds ${other.name}, which is not a file`);
  if (entries.length === 0) throw unusable(`${what} is empty: ${place}`);
  if (entries.length > limits.trustStoreFiles) {
    throw unusable(`${what} has more than ${limits.trustStoreFiles} files`);
  }
  const names = entries.map(({ name }) => path.join(place, name)).sort();
  return Promise.all(
    names.map(async (file) => ({ ...store, file, bytes: await readTrustFile(file, file) })),
  );
}

async function readTrustFile(file: string, what: string): Promise<Buffer> {
  try {
    if (!(await stat(file)).isFile()) throw unusable(`${what} is not a file`);
    const bytes = await readBounded(file, limits.trustFileBytes);
    if (bytes) return bytes;
  } catch (cause) {
    if (isTrustError(cause)) throw cause;
    throw unusable(`${what} cannot be read: ${messageOf(cause)}`, cause);
  }
  throw unusable(`${what} is larger than ${limits.trustFileBytes} bytes`);
}

function unusable(message: string, cause?: unknown): TrustError {
  return new TrustError('TRUST_POLICY_INVALID', message, {
    remedy:
      'Give the trust policy of notation, and the folder that holds x509/ca/<name> with the certificates (for time stamps x509/tsa/<name>).',
    cause,
  });
}
