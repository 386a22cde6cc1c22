/** Verifies nothing but roots: for key ceremonies, diagnosis and pins made ahead of time. */
import type { Envelope, RootSigned } from '../metadata/index.js';
import { TrustedCollection } from './collection.js';
import type { VerificationOptions } from './options.js';

/**
 * Verifies consecutive roots, oldest first: the first by pins, earlier state or first use, each
 * further one by the signatures of the one before; all but the last may have expired.
 * @returns the last root. @throws {TrustError} as {@link TrustedCollection.acceptRoot}.
 */
export function verifyRootChain(
  chain: readonly Uint8Array[],
  options: VerificationOptions,
): Envelope<RootSigned> {
  const collection = new TrustedCollection(options);
  chain.forEach((bytes, index) => {
    collection.acceptRoot(bytes, { intermediate: index < chain.length - 1 });
  });
  return collection.anchoredRoot();
}
