/**
 * Signature algorithms (Notary Project, signature specification, "Signature Algorithm
 * Requirements"): the key of the leaf fixes the algorithm, nobody chooses one.
 */
import { constants, verify, type KeyObject } from 'node:crypto';
import { digestOf, type HashName } from './hashes.js';

/** A signature algorithm under the names that its users have for it. */
export interface SignatureAlgorithm {
  /** RFC 7518, 3.1; also what Key Vault calls it. */
  readonly name: 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512';
  /** RFC 9053, 2.1 and RFC 8230, 2. */
  readonly cose: number;
  readonly hash: HashName;
  /** Length of a signature in bytes: ECDSA is raw r||s, RSA the length of the modulus. */
  readonly signatureBytes: number;
}

const rsaAlgorithms: Readonly<Record<number, SignatureAlgorithm>> = {
  2048: { name: 'PS256', cose: -37, hash: 'sha256', signatureBytes: 256 },
  3072: { name: 'PS384', cose: -38, hash: 'sha384', signatureBytes: 384 },
  4096: { name: 'PS512', cose: -39, hash: 'sha512', signatureBytes: 512 },
};

const ecAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: { name: 'ES256', cose: -7, hash: 'sha256', signatureBytes: 64 },
  secp384r1: { name: 'ES384', cose: -35, hash: 'sha384', signatureBytes: 96 },
  secp521r1: { name: 'ES512', cose: -36, hash: 'sha512', signatureBytes: 132 },
};

const all = [...Object.values(rsaAlgorithms), ...Object.values(ecAlgorithms)];

/** Keys that can sign, for messages. */
export const signingKeys = 'RSA with 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521';

/** The algorithm that `key` signs with; undefined for a key that may not sign. */
export function algorithmOfKey(key: KeyObject): SignatureAlgorithm | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return rsaAlgorithms[modulusLength];
  const isKnown = key.asymmetricKeyType === 'ec' && Object.hasOwn(ecAlgorithms, namedCurve);
  return isKnown ? ecAlgorithms[namedCurve] : undefined;
}

/** The algorithm that an envelope names, in JWS or in COSE. */
export function algorithmNamed(name: unknown): SignatureAlgorithm | undefined {
  return all.find((algorithm) => algorithm.name === name || algorithm.cose === name);
}

/** The digest that is to be signed, for a signer that takes no more than that. */
export function digestToSign({ hash }: SignatureAlgorithm, input: Uint8Array): Buffer {
  return digestOf(hash, input);
}

/** Whether `signature` over `input` is of `key`; ECDSA as raw r||s, PSS with a salt of the hash's length. */
export function isSignedBy(
  key: KeyObject,
  { hash, signatureBytes }: SignatureAlgorithm,
  input: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== signatureBytes) return false;
  const options =
    key.asymmetricKeyType === 'ec'
      ? ({ key, dsaEncoding: 'ieee-p1363' } as const)
      : {
          key,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          // RFC 7518, 3.5: the salt is as long as the hash. Go's JWS library would take any.
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        };
  return verify(hash, input, options, signature);
}
