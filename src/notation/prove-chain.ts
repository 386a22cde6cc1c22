/** Lets whoever holds the key of a certificate prove it, for Notary Project signatures. */
import { TrustError } from '../errors.js';
import { digestToSign, isSignedBy } from './algorithms.js';
import type { ChainSigner } from './sign-image.js';

/**
 * Has `message` signed and checks the result with the certificate. Envelopes sign other bytes, so the
 * signature is good for no image.
 * @throws {TrustError} KEY_UNSUITABLE; what the signer throws.
 */
export async function proveChainSigner(
  { chain: { chain, algorithm }, sign }: ChainSigner,
  message: Uint8Array,
): Promise<void> {
  const signature = await sign(algorithm.name, digestToSign(algorithm, message));
  const [{ x509, subjectText }] = chain;
  if (isSignedBy(x509.publicKey, algorithm, message, signature)) return;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `The key of the certificate ${JSON.stringify(subjectText)} failed its test: its signature (${algorithm.name}) does not verify with the certificate`,
    { remedy: 'Check that the certificate and its key are of the same version.' },
  );
}
