/**
 * A new root key, or a new certificate for the same one. The root before and the new one both judge
 * the new root (notary trustpinning/certs.go), so that clients which know the old one can follow. Pure.
 */
import { limits } from '../../limits.js';
import { certificatesOf } from '../metadata/index.js';
import {
  replacementIn,
  listingAfter,
  requireListing,
  type KeyReplacement,
  type RotationDraft,
  type RotationRequest,
  type Unchanged,
} from './key-replacement.js';
import {
  requireSigners,
  keysWithId,
  mergeSigners,
  type SignerInfo,
  type ListedKey,
} from './role-listing.js';

const dayMs = 24 * 60 * 60 * 1000;

/** What a new root key takes. @throws {TrustError} as replacementIn and requireSigners. */
export function draftRootKey<S extends SignerInfo>(
  question: RotationRequest<S>,
  now: Date,
): RotationDraft<S> | Unchanged {
  const { view, newKey, availableKeys, oldKeyId } = question;
  const listing = requireListing(view, 'root');
  const own = keysWithId(listing, newKey.signer.keyId);
  const renews =
    own.length > 0 && (oldKeyId === undefined || own.some((key) => isCalled(key, oldKeyId)));
  const found = renews ? renewal(question, own, now) : replacementIn(question);
  if ('unchanged' in found) return found;
  const { replacement } = found;
  const signers = [newKey.signer, ...availableKeys];
  const before = requireSigners(view.gun, listing, [...availableKeys, newKey.signer]);
  const after = requireSigners(view.gun, listingAfter(listing, replacement, newKey), signers);
  return {
    replacements: [replacement],
    files: [{ role: 'root', signedBy: mergeSigners(before, after) }],
    warnings: [],
  };
}

/** The same key stays; its certificate is made anew when it is near its end. */
function renewal<S extends SignerInfo>(
  { view, newKey }: RotationRequest<S>,
  own: readonly ListedKey[],
  now: Date,
): { readonly replacement: KeyReplacement } | Unchanged {
  const ends = own.flatMap(({ key }) => certificatesOf(key).map(({ notAfter }) => notAfter));
  const end = new Date(Math.min(...ends.map((at) => at.getTime())));
  if (end.getTime() > now.getTime() + limits.expiryWarningDays * dayMs) {
    const until = end.toISOString().slice(0, 10);
    const unchanged = `root of ${view.gun} has the key ${newKey.signer.keyId} already, with a certificate until ${until}`;
    return { unchanged };
  }
  return { replacement: { role: 'root', removed: own, present: undefined } };
}

function isCalled({ id, keyId }: ListedKey, name: string): boolean {
  return id === name || keyId === name;
}
