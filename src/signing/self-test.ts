/**
 * Lets a signer prove itself before anything is built: that we may sign with it now, and that what
 * it signs verifies under the public key it claims.
 *
 * The probe is safe to sign. Everything Notary verifies is canonical JSON of an object and begins
 * with `{`; everything X.509 verifies is DER and begins with byte 0x30, `0`. The probe begins with
 * neither and is never published, so its signature is valid for no metadata and no certificate.
 */
import { randomBytes } from 'node:crypto';
import { TrustError, isTrustError } from '../errors.js';
import { keyIdOf, verifySignature } from '../trust/metadata/index.js';
import type { Signer } from '../trust/signer.js';

/** The bytes of the probe: fixed, so that signing it twice reveals nothing new. */
export const probeMessage: Uint8Array = Buffer.from(
  'acr-content-trust probe: proof that this key can sign; not trust metadata\n',
  'ascii',
);

/** The probe with a random end, which nobody can have seen signed before. */
export function freshChallenge(): Uint8Array {
  return Buffer.concat([probeMessage, Buffer.from(`${randomBytes(32).toString('hex')}\n`)]);
}

/**
 * Signs {@link probeMessage}, or another message as harmless, once and verifies the result.
 * @throws {TrustError} what the signer throws; KEY_UNSUITABLE when the signature or key ID is wrong
 */
export async function proveSigner(signer: Signer, message = probeMessage): Promise<void> {
  if (keyIdOf(signer.publicKey) !== signer.keyId) {
    throw unproven(signer, 'its key ID does not belong to its public key');
  }
  let signature: Buffer;
  try {
    signature = await signer.sign(message);
  } catch (cause) {
    if (isTrustError(cause)) throw cause;
    throw unproven(signer, 'it cannot sign', cause);
  }
  if (!verifySignature(signer.publicKey, signer.method, message, signature)) {
    throw unproven(signer, 'its signature does not verify with its public key');
  }
}

function unproven(signer: Signer, why: string, cause?: unknown): TrustError {
  return new TrustError('KEY_UNSUITABLE', `The ${signer.description} failed its test: ${why}`, {
    remedy: 'Check that the key is intact and that private and public part belong together.',
    cause,
  });
}
