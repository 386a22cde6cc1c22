/**
 * Signatures over ready-made digests, as Key Vault makes them: ECDSA as raw r||s, RSA as PKCS#1
 * v1.5 or PSS. The private key is used here and handed to nobody.
 */
import {
  constants,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
  timingSafeEqual,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';

import { emsaPssEncode } from './emsa-pss.js';
import { emsaPssVerify } from './emsa-pss-verify.js';

/** What an algorithm name of Key Vault stands for. */
export type SignatureAlgorithm =
  | { readonly family: 'EC'; readonly curve: string; readonly digestBytes: number }
  | {
      readonly family: 'RSA';
      readonly padding: 'pkcs1' | 'pss';
      readonly hash: string;
      readonly digestBytes: number;
    };

/** The signature algorithms Key Vault knows. */
export const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  ES256: { family: 'EC', curve: 'P-256', digestBytes: 32 },
  ES256K: { family: 'EC', curve: 'P-256K', digestBytes: 32 },
  ES384: { family: 'EC', curve: 'P-384', digestBytes: 48 },
  ES512: { family: 'EC', curve: 'P-521', digestBytes: 64 },
  RS256: { family: 'RSA', padding: 'pkcs1', hash: 'sha256', digestBytes: 32 },
  RS384: { family: 'RSA', padding: 'pkcs1', hash: 'sha384', digestBytes: 48 },
  RS512: { family: 'RSA', padding: 'pkcs1', hash: 'sha512', digestBytes: 64 },
  PS256: { family: 'RSA', padding: 'pss', hash: 'sha256', digestBytes: 32 },
  PS384: { family: 'RSA', padding: 'pss', hash: 'sha384', digestBytes: 48 },
  PS512: { family: 'RSA', padding: 'pss', hash: 'sha512', digestBytes: 64 },
};

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521, 'P-256K': secp256k1 } as const;

// DigestInfo headers of RFC 8017, 9.2, note 1.
const digestInfo: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Signs `digest`. The caller has checked that key, algorithm and digest length fit. */
export function signDigest(key: KeyObject, algorithm: SignatureAlgorithm, digest: Buffer): Buffer {
  if (algorithm.family === 'EC') {
    const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
    return Buffer.from(curveNamed(algorithm.curve).sign(digest, secret, rawDigest));
  }
  if (algorithm.padding === 'pkcs1') {
    const padding = constants.RSA_PKCS1_PADDING;
    return privateEncrypt({ key, padding }, pkcs1Payload(algorithm.hash, digest));
  }
  const encoded = emsaPssEncode(algorithm.hash, digest, modulusBits(key));
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

/** Checks a signature over `digest` with the public half of `key`. */
export function verifyDigest(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  digest: Buffer,
  signature: Buffer,
): boolean {
  try {
    if (algorithm.family === 'EC') {
      return curveNamed(algorithm.curve).verify(signature, digest, uncompressed(key), rawDigest);
    }
    const publicKey = createPublicKey(key);
    if (algorithm.padding === 'pkcs1') {
      const opened = publicDecrypt(publicKey, signature);
      const expected = pkcs1Payload(algorithm.hash, digest);
      return opened.length === expected.length && timingSafeEqual(opened, expected);
    }
    const opened = publicDecrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, signature);
    return emsaPssVerify(algorithm.hash, digest, opened, modulusBits(key));
  } catch {
    // Bytes that are no signature at all make the libraries throw; to Key Vault that is "false".
    return false;
  }
}

const rawDigest = { prehash: false, lowS: false } as const;

function curveNamed(name: string): (typeof curves)[keyof typeof curves] {
  if (name in curves) return curves[name as keyof typeof curves];
  throw new RangeError(`no curve named ${name}`);
}

function uncompressed(key: KeyObject): Buffer {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

function pkcs1Payload(hash: string, digest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(digestInfo[hash] ?? '', 'hex'), digest]);
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}
