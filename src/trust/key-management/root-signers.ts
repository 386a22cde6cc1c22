/** Who can sign the next root so that readers take it, and by which pins it is read. Pure. */
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

/**
 * The pins while a root key is replaced. The new key is one of them, because a second run may find it
 * in force although the pin still names the old one. Where every pin is the new key itself, such as one
 * that follows the newest version of a Key Vault key, whoever holds the present root key vouches for it.
 */
export function pinsForNewRoot(
  pins: readonly Pin[],
  newKey: Pick<SignerInfo, 'keyId'> | undefined,
  signers: readonly Pick<SignerInfo, 'keyId'>[],
): readonly Pin[] {
  if (pins.length === 0 || !newKey) return pins;
  const pinOf = ({ keyId }: Pick<SignerInfo, 'keyId'>): Pin => ({ kind: 'key-id', keyId });
  const isAhead = pins.every((pin) => pin.kind === 'key-id' && pin.keyId === newKey.keyId);
  return [...pins, pinOf(newKey), ...(isAhead ? signers.map(pinOf) : [])];
}
