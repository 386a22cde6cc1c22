/**
 * Signatures as X.509, CMS, OCSP and CRLs have them: an algorithm identifier beside bytes. None of
 * a hash weaker than SHA-256 is known here.
 */
import { constants, verify, type KeyObject } from 'node:crypto';
import { RsaSaPssParams } from '@peculiar/asn1-rsa';
import { AsnConvert } from '@peculiar/asn1-schema';
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import { hashOfOid, type HashName } from './hashes.js';

interface Verifier {
  readonly keyType: 'rsa' | 'ec' | 'ed25519';
  readonly hash: HashName | null;
  readonly options?: { readonly padding: number; readonly saltLength: number };
}

const rsa = (hash: HashName): Verifier => ({ keyType: 'rsa', hash });
const ecdsa = (hash: HashName): Verifier => ({ keyType: 'ec', hash });

/** RFC 8017, RFC 5758, RFC 8410: PKCS #1 v1.5, ECDSA and Ed25519. */
const verifiers: Readonly<Record<string, Verifier>> = {
  '1.2.840.113549.1.1.11': rsa('sha256'),
  '1.2.840.113549.1.1.12': rsa('sha384'),
  '1.2.840.113549.1.1.13': rsa('sha512'),
  '1.2.840.10045.4.3.2': ecdsa('sha256'),
  '1.2.840.10045.4.3.3': ecdsa('sha384'),
  '1.2.840.10045.4.3.4': ecdsa('sha512'),
  '1.3.101.112': { keyType: 'ed25519', hash: null },
};

const rsaEncryption = '1.2.840.113549.1.1.1';
const rsaPss = '1.2.840.113549.1.1.10';

/** @param digest of CMS, which may name the hash apart from the algorithm (RFC 3370, 3.2). */
function verifierOf(
  { algorithm, parameters }: AlgorithmIdentifier,
  digest?: HashName,
): Verifier | undefined {
  if (algorithm === rsaEncryption) return digest && rsa(digest);
  if (algorithm !== rsaPss) {
    return Object.hasOwn(verifiers, algorithm) ? verifiers[algorithm] : undefined;
  }
  if (!parameters) return undefined;
  const { hashAlgorithm, saltLength } = AsnConvert.parse(parameters, RsaSaPssParams);
  const hash = hashOfOid(hashAlgorithm.algorithm);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return hash && { ...rsa(hash), options: { padding, saltLength } };
}

/** Whether an algorithm is over SHA-256 or better, and of a kind that is known. */
export function isStrongAlgorithm(algorithm: AlgorithmIdentifier): boolean {
  return verifierOf(algorithm) !== undefined;
}

/** Whether `signature` over `input` is of `key`. */
export function isSignedWith(
  key: KeyObject,
  algorithm: AlgorithmIdentifier,
  input: Uint8Array,
  signature: Uint8Array,
  digest?: HashName,
): boolean {
  const verifier = verifierOf(algorithm, digest);
  if (!verifier || verifier.keyType !== key.asymmetricKeyType) return false;
  const bits = key.asymmetricKeyDetails?.modulusLength;
  // RFC 8017, 8.1.2 and 8.2.2, step 1; OpenSSL accepts one that has lost a zero byte at its beginning.
  if (bits !== undefined && signature.length !== Math.ceil(bits / 8)) return false;
  return verify(verifier.hash, input, { key, ...verifier.options }, signature);
}
