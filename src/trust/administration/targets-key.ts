/**
 * A new repository key: the next root lists it, and `targets` is signed by it in the same publish,
 * because clients refuse all of a repository whose root and `targets` do not fit. Delegations stay
 * as they are: `targets` lists them, whoever signs it. Pure.
 */
import {
  exchangeIn,
  listingAfter,
  type RotationDraft,
  type RotationQuestion,
  type Unchanged,
} from './exchange.js';
import { enoughSigners, type KeyHolder } from './role-listing.js';
import { rootSigners, type RootJudge } from './root-signers.js';

/** What a new repository key takes. @throws {TrustError} as exchangeIn and rootSigners. */
export function draftTargetsKey<S extends KeyHolder>(
  question: RotationQuestion<S>,
  judge: RootJudge,
): RotationDraft<S> | Unchanged {
  const { view, newKey, atHand } = question;
  const found = exchangeIn(question);
  if ('unchanged' in found) return found;
  const after = listingAfter(found.listing, found.exchange, newKey);
  return {
    exchanges: [found.exchange],
    files: [
      { role: 'root', signedBy: rootSigners(view, atHand, judge) },
      { role: 'targets', signedBy: enoughSigners(view.gun, after, [newKey.signer, ...atHand]) },
    ],
    warnings: [],
  };
}
