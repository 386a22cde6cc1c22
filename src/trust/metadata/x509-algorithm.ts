/**
 * The signature algorithms of X.509 by which one certificate vouches for another: those that Go's
 * crypto/x509, and so Docker, Notary and notation, check. OpenSSL accepts many more, SHA-1 among
 * them, so it may only be asked about these.
 */
import type { KeyObject } from 'node:crypto';
import { childrenOf, DerError, readObjectId, type DerValue } from '../../der.js';

/** The hashes that a signature may be over, by object identifier. */
export const hashIds = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

export type HashName = keyof typeof hashIds;

/** What a signature is made with. */
export interface X509Algorithm {
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  /** Of Ed25519 none. */
  readonly hash: HashName | null;
  /** Of RSA-PSS alone: its salt is as long as its hash. */
  readonly saltLength?: number;
}

const rsa = (hash: HashName): X509Algorithm => ({ keyType: 'rsa', hash });
const ecdsa = (hash: HashName): X509Algorithm => ({ keyType: 'ec', hash });

/** RFC 8017, RFC 5758, RFC 8410: PKCS #1 v1.5, ECDSA and Ed25519. */
const algorithms: Readonly<Record<string, X509Algorithm>> = {
  '1.2.840.113549.1.1.11': rsa('sha256'),
  '1.2.840.113549.1.1.12': rsa('sha384'),
  '1.2.840.113549.1.1.13': rsa('sha512'),
  '1.2.840.10045.4.3.2': ecdsa('sha256'),
  '1.2.840.10045.4.3.3': ecdsa('sha384'),
  '1.2.840.10045.4.3.4': ecdsa('sha512'),
  '1.3.101.112': { keyType: 'ed25519', hash: null },
};

const [pssId, mgf1Id] = ['1.2.840.113549.1.1.10', '1.2.840.113549.1.1.8'];
const saltLengths: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** The algorithm that this AlgorithmIdentifier (RFC 5280, 4.1.1.2) names, if it is one of them. */
export function x509AlgorithmOf(identifier: DerValue): X509Algorithm | undefined {
  try {
    const [id, parameters] = childrenOf(identifier);
    if (!id) return undefined;
    const name = readObjectId(id);
    if (name === pssId) return parameters && pssOf(parameters);
    return Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/**
 * RFC 4055, 3.1. Of all that these parameters can say Go takes one form for each hash: the same hash
 * in the mask, and a salt of its length.
 */
function pssOf(parameters: DerValue): X509Algorithm | undefined {
  const fields = new Map(childrenOf(parameters).map((field) => [field.tag, childrenOf(field)[0]]));
  const hash = hashOf(fields.get(0xa0));
  const [mask, maskHash] = partsOf(fields.get(0xa1));
  const salt = fields.get(0xa2)?.content;
  const trailer = fields.get(0xa3)?.content ?? Buffer.from([1]);
  const isUsual =
    hash !== undefined &&
    mask !== undefined &&
    readObjectId(mask) === mgf1Id &&
    hashOf(maskHash) === hash &&
    salt?.equals(Buffer.from([saltLengths[hash]])) === true &&
    trailer.equals(Buffer.from([1]));
  return isUsual ? { keyType: 'rsa', hash, saltLength: saltLengths[hash] } : undefined;
}

function hashOf(identifier: DerValue | undefined): HashName | undefined {
  const [id, parameters] = partsOf(identifier);
  const isPlain = parameters === undefined || parameters.raw.equals(Buffer.from([0x05, 0x00]));
  if (!id || !isPlain) return undefined;
  const name = readObjectId(id);
  return (Object.keys(hashIds) as HashName[]).find((hash) => hashIds[hash] === name);
}

function partsOf(value: DerValue | undefined): readonly DerValue[] {
  return value ? childrenOf(value) : [];
}

/** The curves that Go has. */
const curves = ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'];
/** Go checks no signature of a shorter one. */
const minRsaBits = 1024;

/** Whether `key` makes signatures of this algorithm, and is of a kind that Go knows. */
export function isKeyFor({ keyType }: X509Algorithm, key: KeyObject): boolean {
  if (key.asymmetricKeyType !== keyType) return false;
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (keyType === 'ec') return namedCurve !== undefined && curves.includes(namedCurve);
  return keyType !== 'rsa' || (modulusLength ?? 0) >= minRsaBits;
}
