/** The hashes that what others sign may use: Notary Project allows SHA-256 and longer. */
import { createHash } from 'node:crypto';
import { hashIds, type HashName } from '../trust/metadata/index.js';

export type { HashName };

/** The object identifier of a hash. */
export function oidOfHash(hash: HashName): string {
  return hashIds[hash];
}

/** The hash with this object identifier; undefined for one that is too weak or not known. */
export function hashOfOid(oid: string): HashName | undefined {
  return (Object.keys(hashIds) as HashName[]).find((name) => hashIds[name] === oid);
}

/** The digest of `bytes`. */
export function digestOf(hash: HashName, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest();
}
