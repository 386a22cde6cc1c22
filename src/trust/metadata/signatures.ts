/**
 * Signature verification for the four methods of Notary v1 (tuf/signed/verifiers.go). Says yes or
 * no; an unusable key is a no.
 */
import { constants, verify, type KeyObject } from 'node:crypto';
import { MetadataError } from './error.js';
import { curveBytes, keyObjectOf, minRsaBits } from './keys.js';
import type { PublicKey } from './types.js';

/** RSA-PSS signatures carry a salt of exactly this many bytes. */
const saltBytes = 32;

/** Which key types a method goes with. */
const keyTypesOf: Readonly<Record<string, readonly string[]>> = {
  ecdsa: ['ecdsa', 'ecdsa-x509'],
  rsapss: ['rsa', 'rsa-x509'],
  rsapkcs1v15: ['rsa', 'rsa-x509'],
  eddsa: ['ed25519'],
};

/**
 * Tells whether `signature` (raw bytes) is `key`'s over `message` under `method`. ECDSA signatures
 * are r||s of fixed width over SHA-256, whatever the curve; RSA keys below 2048 bits never verify.
 */
export function verifySignature(
  key: PublicKey,
  method: string,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const name = method.toLowerCase();
  if (!Object.hasOwn(keyTypesOf, name) || keyTypesOf[name]?.includes(key.keytype) !== true) {
    return false;
  }
  let object: KeyObject;
  try {
    object = keyObjectOf(key);
  } catch (error) {
    if (error instanceof MetadataError) return false;
    throw error;
  }
  switch (name) {
    case 'ecdsa':
      return verifyEcdsa(object, message, signature);
    case 'rsapss':
      return verifyRsa(object, message, signature, {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: saltBytes,
      });
    case 'rsapkcs1v15':
      return verifyRsa(object, message, signature, { padding: constants.RSA_PKCS1_PADDING });
    default:
      return object.asymmetricKeyType === 'ed25519' && verify(null, message, object, signature);
  }
}

function verifyEcdsa(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType !== 'ec') return false;
  const width = curveBytes[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (width === undefined || signature.length !== 2 * width) return false;
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

function verifyRsa(
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
  options: { padding: number; saltLength?: number },
): boolean {
  if (key.asymmetricKeyType !== 'rsa') return false;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  // RFC 8017, 8.1.2 and 8.2.2, step 1; OpenSSL accepts one that has lost a zero byte at its beginning.
  if (bits < minRsaBits || signature.length !== Math.ceil(bits / 8)) return false;
  return verify('sha256', message, { key, ...options }, signature);
}
