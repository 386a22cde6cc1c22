/** Who can sign the next root so that readers take it. Pure. */
import { TrustError } from '../../errors.js';
import { countingRootKeyIds, type Pin, type TrustedView } from '../verification/index.js';
import { requireListing } from './key-replacement.js';
import {
  requireSigners,
  formatKeyIds,
  type ChosenSigner,
  type SignerInfo,
} from './role-listing.js';

/** What readers know of the root, and when they read. */
export interface ReaderContext {
  readonly pins: readonly Pin[];
  readonly now: Date;
}

/**
 * The signers of a root whose root keys stay as they are.
 * @throws {TrustError} KEY_NOT_AUTHORIZED; TRUST_DATA_EXPIRED when the certificates of too many root
 * keys have ended, so that no root they sign is taken (notary trustpinning/certs.go).
 */
export function rootSigners<S extends SignerInfo>(
  view: TrustedView,
  availableKeys: readonly S[],
  { pins, now }: ReaderContext,
): readonly ChosenSigner<S>[] {
  const listing = requireListing(view, 'root');
  const counting = countingRootKeyIds(view.root, { gun: view.gun, now, pins });
  const keys = listing.keys.filter(({ id }) => counting.includes(id));
  if (keys.length < listing.threshold) {
    throw new TrustError(
      'TRUST_DATA_EXPIRED',
      `The certificate of the root key of ${view.gun} has expired: it cannot sign a new root (key ${formatKeyIds(listing.keys)}).`,
      {
        remedy:
          'Give the root key a new certificate first: rotate the role root, to the same key or to another one.',
      },
    );
  }
  return requireSigners(view.gun, { ...listing, keys }, availableKeys);
}
