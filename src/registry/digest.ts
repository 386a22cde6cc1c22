/** Digests of content: computed, and compared with what was asked for (OCI image specification). */
import { createHash } from 'node:crypto';
import { TrustError } from '../errors.js';

type Algorithm = 'sha256' | 'sha512';

/** Such as `sha256:` and 64 hex digits. */
export function digestOf(algorithm: Algorithm, bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function algorithmOf(digest: string): Algorithm {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** @throws {TrustError} DIGEST_MISMATCH, with the message for the digest that `bytes` have. */
export function requireDigest(
  bytes: Uint8Array,
  digest: string,
  message: (actual: string) => string,
): void {
  const actual = digestOf(algorithmOf(digest), bytes);
  if (actual !== digest) throw digestMismatch(message(actual));
}

export function digestMismatch(message: string): TrustError {
  return new TrustError('DIGEST_MISMATCH', message, {
    remedy:
      'Something between this machine and the registry changed the bytes. Check proxies and ' +
      'the registry before you trust this image.',
  });
}
