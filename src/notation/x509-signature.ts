/**
 * Signatures as X.509, CMS, OCSP and CRLs have them: an algorithm identifier beside bytes. None of
 * a hash weaker than SHA-256 is known here.
 */
import { constants, verify, type KeyObject } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { openDer } from '../der.js';
import { isKeyFor, x509AlgorithmOf, type X509Algorithm } from '../trust/metadata/index.js';
import type { HashName } from './hashes.js';

const rsaEncryption = '1.2.840.113549.1.1.1';

/** @param digest of CMS, which may name the hash apart from the algorithm (RFC 3370, 3.2). */
function algorithmOf(
  identifier: AlgorithmIdentifier,
  digest?: HashName,
): X509Algorithm | undefined {
  if (identifier.algorithm === rsaEncryption) return digest && { keyType: 'rsa', hash: digest };
  return x509AlgorithmOf(openDer(new Uint8Array(AsnConvert.serialize(identifier))));
}

/** Whether an algorithm is over SHA-256 or better, and of a kind that is known. */
export function isStrongAlgorithm(identifier: AlgorithmIdentifier): boolean {
  return algorithmOf(identifier) !== undefined;
}

/** Whether `key` is of a kind that signs by this algorithm. */
export function fitsAlgorithm(key: KeyObject, identifier: AlgorithmIdentifier): boolean {
  const algorithm = algorithmOf(identifier);
  return algorithm !== undefined && isKeyFor(algorithm, key);
}

/** Whether `signature` over `input` is of `key`. */
export function isSignedWith(
  key: KeyObject,
  identifier: AlgorithmIdentifier,
  input: Uint8Array,
  signature: Uint8Array,
  digest?: HashName,
): boolean {
  const algorithm = algorithmOf(identifier, digest);
  if (!algorithm || !isKeyFor(algorithm, key)) return false;
  const bits = key.asymmetricKeyDetails?.modulusLength;
  // RFC 8017, 8.1.2 and 8.2.2, step 1; OpenSSL accepts one that has lost a zero byte at its beginning.
  if (bits !== undefined && signature.length !== Math.ceil(bits / 8)) return false;
  const { hash, saltLength } = algorithm;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const options = saltLength === undefined ? {} : { padding, saltLength };
  return verify(hash, input, { key, ...options }, signature);
}
