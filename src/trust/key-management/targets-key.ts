/**
 * A new repository key: the next root lists it, and `targets` is signed by it in the same publish,
 * because clients refuse all of a repository whose root and `targets` do not fit. Delegations stay
 * as they are: `targets` lists them, whoever signs it. Pure.
 */
import {
  replacementIn,
  listingAfter,
  type RotationDraft,
  type RotationRequest,
  type Unchanged,
} from './key-replacement.js';
import { requireSigners, type SignerInfo } from './role-listing.js';
import { rootSigners, type ReaderContext } from './root-signers.js';

/** What a new repository key takes. @throws {TrustError} as replacementIn and rootSigners. */
export function draftTargetsKey<S extends SignerInfo>(
  question: RotationRequest<S>,
  judge: ReaderContext,
): RotationDraft<S> | Unchanged {
  const { view, newKey, availableKeys } = question;
  const found = replacementIn(question);
  if ('unchanged' in found) return found;
  const after = listingAfter(found.listing, found.replacement, newKey);
  return {
    replacements: [found.replacement],
    files: [
      { role: 'root', signedBy: rootSigners(view, availableKeys, judge) },
      {
        role: 'targets',
        signedBy: requireSigners(view.gun, after, [newKey.signer, ...availableKeys]),
      },
    ],
    warnings: [],
  };
}
