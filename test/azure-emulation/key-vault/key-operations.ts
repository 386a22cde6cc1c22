/**
 * Sign and verify with a vault key: what Key Vault checks before it uses a key, then the
 * signature. Key Vault never hashes; it is given a digest.
 */
import type { Clock } from '../core/clock.js';
import { signDigest, signatureAlgorithms, verifyDigest } from '../crypto/digest-signature.js';
import type { SignatureAlgorithm } from '../crypto/digest-signature.js';
import { badParameter, forbidden } from './refusals.js';
import type { KeyVersion } from './vaults.js';

/** Signs the digest in `body.value` with `body.alg`; returns base64url. */
export function signWith(
  key: KeyVersion,
  body: Readonly<Record<string, unknown>>,
  clock: Clock,
): string {
  checkUsable(key, 'sign');
  checkValidity(key, clock);
  const algorithm = algorithmOf(key, body.alg);
  const digest = digestOf(body.value, 'value', algorithm);
  return signDigest(key.privateKey, algorithm, digest).toString('base64url');
}

/** Checks the signature in `body.value` over `body.digest`. Works outside the validity period. */
export function verifyWith(key: KeyVersion, body: Readonly<Record<string, unknown>>): boolean {
  checkUsable(key, 'verify');
  const algorithm = algorithmOf(key, body.alg);
  const digest = digestOf(body.digest, 'digest', algorithm);
  return verifyDigest(key.privateKey, algorithm, digest, bytesOf(body.value, 'value'));
}

function checkUsable(key: KeyVersion, operation: string): void {
  if (!key.attributes.enabled) {
    throw forbidden('KeyDisabled', `Operation ${operation} is not allowed on a disabled key.`);
  }
  if (!key.ops.includes(operation)) {
    throw forbidden(
      'KeyOperationForbidden',
      `Operation ${operation} is not permitted by the key_ops of this key.`,
    );
  }
}

function checkValidity(key: KeyVersion, clock: Clock): void {
  const { nbf, exp } = key.attributes;
  if (nbf !== undefined && clock.seconds() < nbf) {
    throw forbidden('KeyNotYetValid', 'Operation sign is not allowed on a key not yet valid.');
  }
  if (exp !== undefined && clock.seconds() >= exp) {
    throw forbidden('KeyExpired', 'Operation sign is not allowed on an expired key.');
  }
}

function algorithmOf(key: KeyVersion, name: unknown): SignatureAlgorithm {
  const algorithm = typeof name === 'string' ? signatureAlgorithms[name] : undefined;
  if (algorithm === undefined) throw badParameter('The property alg names no known algorithm.');
  const family = key.kty.startsWith('EC') ? 'EC' : 'RSA';
  const fits = algorithm.family === 'EC' ? algorithm.curve === key.crv : family === 'RSA';
  if (algorithm.family !== family || !fits) {
    throw badParameter(
      `Key and signing algorithm are incompatible: ${String(name)} does not fit a key of type ` +
        `${key.kty}${key.crv === undefined ? '' : ` on ${key.crv}`}.`,
    );
  }
  return algorithm;
}

function digestOf(value: unknown, property: string, algorithm: SignatureAlgorithm): Buffer {
  const digest = bytesOf(value, property);
  if (digest.length !== algorithm.digestBytes) {
    throw badParameter(
      `Invalid length of '${property}': ${digest.length} bytes, ` +
        `where the algorithm needs ${algorithm.digestBytes}.`,
    );
  }
  return digest;
}

function bytesOf(value: unknown, property: string): Buffer {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]+={0,2}$/.test(value)) {
    throw badParameter(`The property ${property} must be base64url.`);
  }
  return Buffer.from(value, 'base64url');
}
