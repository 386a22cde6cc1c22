/** Signs with a private key in our memory: one pulled from a vault secret or read from a file. */
import { constants, sign as signOneShot, type KeyObject } from 'node:crypto';

import { TrustError } from '../errors.js';
import { keyIdOf } from '../trust/metadata/index.js';
import type { Signer } from '../trust/signer.js';
import { describeKey, methodOf, neededKey, rawKeyTypeOf, toPublicKey } from './public-key.js';

/**
 * A signer for `privateKey`.
 * @param description for logs; must not hold a secret.
 * @throws {TrustError} KEY_UNSUITABLE
 */
export function createMemorySigner(privateKey: KeyObject, description: string): Signer {
  const type = privateKey.type === 'private' ? rawKeyTypeOf(privateKey) : undefined;
  if (type === undefined) {
    const found = privateKey.type === 'private' ? describeKey(privateKey) : 'not a private key';
    throw new TrustError('KEY_UNSUITABLE', `Cannot sign with the ${description}: it is ${found}`, {
      remedy: `Use ${neededKey}.`,
    });
  }
  const publicKey = toPublicKey(privateKey);
  return {
    publicKey,
    keyId: keyIdOf(publicKey),
    method: methodOf[type],
    description,
    sign: (message) => Promise.resolve(signWith[type](message, privateKey)),
  };
}

const signWith = {
  ecdsa: (message: Uint8Array, key: KeyObject) =>
    signOneShot('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  rsa: (message: Uint8Array, key: KeyObject) =>
    signOneShot('sha256', message, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      // Exactly this: notary's verifier takes no other length (tuf/signed/verifiers.go).
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  ed25519: (message: Uint8Array, key: KeyObject) => signOneShot(null, message, key),
};
