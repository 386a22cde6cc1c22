/** The hashes that what others sign may use: Notary Project allows SHA-256 and longer. */
import { createHash } from 'node:crypto';

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

export type HashName = keyof typeof oids;

/** The object identifier of a hash. */
export function oidOfHash(hash: HashName): string {
  return oids[hash];
}

/** The hash with this object identifier; undefined for one that is too weak or not known. */
export function hashOfOid(oid: string): HashName | undefined {
  return (Object.keys(oids) as HashName[]).find((name) => oids[name] === oid);
}

/** The digest of `bytes`. */
export function digestOf(hash: HashName, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest();
}
