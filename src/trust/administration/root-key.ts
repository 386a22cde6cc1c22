/**
 * A new root key, or a new certificate for the same one. The root before and the new one both judge
 * the new root (notary trustpinning/certs.go), so that clients which know the old one can follow. Pure.
 */
import { limits } from '../../limits.js';
import { certificatesOf } from '../metadata/index.js';
import {
  exchangeIn,
  listingAfter,
  requireListing,
  type RoleExchange,
  type RotationDraft,
  type RotationQuestion,
  type Unchanged,
} from './exchange.js';
import {
  enoughSigners,
  keysCalled,
  together,
  type KeyHolder,
  type ListedKey,
} from './role-listing.js';

const dayMs = 24 * 60 * 60 * 1000;

/** What a new root key takes. @throws {TrustError} as exchangeIn and enoughSigners. */
export function draftRootKey<S extends KeyHolder>(
  question: RotationQuestion<S>,
  now: Date,
): RotationDraft<S> | Unchanged {
  const { view, newKey, atHand, oldKeyId } = question;
  const listing = requireListing(view, 'root');
  const own = keysCalled(listing, newKey.signer.keyId);
  const renews =
    own.length > 0 && (oldKeyId === undefined || own.some((key) => isCalled(key, oldKeyId)));
  const found = renews ? renewal(question, own, now) : exchangeIn(question);
  if ('unchanged' in found) return found;
  const { exchange } = found;
  const signers = [newKey.signer, ...atHand];
  const before = enoughSigners(view.gun, listing, [...atHand, newKey.signer]);
  const after = enoughSigners(view.gun, listingAfter(listing, exchange, newKey), signers);
  return {
    exchanges: [exchange],
    files: [{ role: 'root', signedBy: together(before, after) }],
    warnings: [],
  };
}

/** The same key stays; its certificate is made anew when it is near its end. */
function renewal<S extends KeyHolder>(
  { view, newKey }: RotationQuestion<S>,
  own: readonly ListedKey[],
  now: Date,
): { readonly exchange: RoleExchange } | Unchanged {
  const ends = own.flatMap(({ key }) => certificatesOf(key).map(({ notAfter }) => notAfter));
  const end = new Date(Math.min(...ends.map((at) => at.getTime())));
  if (end.getTime() > now.getTime() + limits.expiryWarningDays * dayMs) {
    const until = end.toISOString().slice(0, 10);
    const unchanged = `root of ${view.gun} has the key ${newKey.signer.keyId} already, with a certificate until ${until}`;
    return { unchanged };
  }
  return { exchange: { role: 'root', removed: own, present: undefined } };
}

function isCalled({ id, keyId }: ListedKey, name: string): boolean {
  return id === name || keyId === name;
}
