/**
 * Which keys Notary v1 can use, and their form in metadata (theupdateframework/notary
 * tuf/data/keys.go, tuf/signed/verifiers.go). Only kinds that every verifier accepts pass: ECDSA on
 * P-256, RSA of 2048 bits or more, Ed25519.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';

import {
  minRsaBits,
  publicKeyFromSpki,
  type KeyType,
  type PublicKey,
  type SignatureMethod,
} from '../trust/metadata/index.js';

/** The kinds of raw key we sign with, and the one method each signs by. */
export const methodOf = {
  ecdsa: 'ecdsa',
  rsa: 'rsapss',
  ed25519: 'eddsa',
} as const satisfies Partial<Record<KeyType, SignatureMethod>>;

type RawKeyType = keyof typeof methodOf;

/** What a key must be, for messages. */
export const neededKey = 'an ECDSA P-256, RSA (2048 bits or more) or Ed25519 key';

/** The key type in metadata; undefined when the key cannot sign Notary v1 metadata. */
export function rawKeyTypeOf(key: KeyObject): RawKeyType | undefined {
  const details = key.asymmetricKeyDetails;
  const type = key.asymmetricKeyType;
  if (type === 'ec') return details?.namedCurve === 'prime256v1' ? 'ecdsa' : undefined;
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= minRsaBits ? 'rsa' : undefined;
  // Not rsa-pss either: Go cannot parse such a SubjectPublicKeyInfo.
  return type === 'ed25519' ? type : undefined;
}

/** What a key is, for messages: `an ECDSA key on curve secp384r1`, `an RSA key of 1024 bits`. */
export function describeKey(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ec') return `an ECDSA key on curve ${details?.namedCurve ?? 'unknown'}`;
  if (type === 'rsa') return `an RSA key of ${details?.modulusLength ?? 0} bits`;
  return `a key of type ${type}`;
}

/** The key as metadata lists it, given either half of an EC, RSA or Ed25519 key. */
export function toPublicKey(key: KeyObject): PublicKey {
  const publicHalf = key.type === 'private' ? createPublicKey(key) : key;
  return publicKeyFromSpki(publicHalf.export({ format: 'der', type: 'spki' }));
}
