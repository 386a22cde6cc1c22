/** Whoever holds the private key of a chain, and how that is proven. */
import { TrustError } from '../errors.js';
import { probeMessage } from '../signing/index.js';
import { digestToSign, isSignedBy, type SignatureAlgorithm } from './algorithms.js';
import type { SigningChain } from './certificates/index.js';

/** A chain that signs. */
export interface ChainSigner {
  readonly chain: SigningChain;
  /** Signs a digest: ECDSA as raw r||s, PSS with a salt of the hash's length. */
  readonly sign: (algorithm: SignatureAlgorithm['name'], digest: Uint8Array) => Promise<Uint8Array>;
}

/**
 * Has the key sign what is valid for nothing: neither envelope begins as {@link probeMessage} does.
 * @returns the signature.
 * @throws {TrustError} KEY_UNSUITABLE where it is not of the certificate's key; what the signer throws.
 */
export async function proveChainSigner(
  { chain, sign }: ChainSigner,
  message = probeMessage,
): Promise<Uint8Array> {
  const { algorithm } = chain;
  const [{ x509, subjectText }] = chain.chain;
  const signature = await sign(algorithm.name, digestToSign(algorithm, message));
  if (isSignedBy(x509.publicKey, algorithm, message, signature)) return signature;
  throw new TrustError(
    'KEY_UNSUITABLE',
    `The key of the certificate ${JSON.stringify(subjectText)} failed its test: its signature does not verify with the certificate`,
    { remedy: 'Check that `signing-key` names a certificate and its key of the same version.' },
  );
}
