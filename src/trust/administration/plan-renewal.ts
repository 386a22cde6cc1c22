/** Decides which roles to sign again. Pure: a view and the keys at hand in, files to sign out. */
import { renewedRoot, renewedTargets } from '../edits/index.js';
import type { RoleName } from '../metadata/types.js';
import { keyIdsFor, stateOf, type Plan, type PlannedFile } from '../publishing/index.js';
import type { Signer } from '../signer.js';
import { countingRootKeyIds, type TrustedView } from '../verification/index.js';
import {
  distinct,
  isDue,
  isOurConcern,
  renewals,
  type Renewal,
  type RenewalRules,
} from './renewals.js';

/** What will be signed again, and what cannot be. */
export interface RenewalPlan extends Plan {
  /** What is due and can be signed with the keys at hand: the files. */
  readonly due: readonly Renewal[];
  /** What is due, and stays so. */
  readonly remaining: readonly Renewal[];
}

/**
 * Plans the renewal of every role that is due and that `signers` reach the threshold of. All of them
 * that the role lists sign, so that it stays good for readers who pin only one of them.
 */
export function planRenewal(
  view: TrustedView,
  signers: readonly Signer[],
  rules: RenewalRules,
): RenewalPlan {
  const all = renewals(view, signers, rules).filter((one) => isDue(one) && isOurConcern(one));
  const due = all.filter(({ way }) => way.kind === 'keys');
  const files = due.map(({ role }): PlannedFile => {
    const signedBy = distinct(signers).flatMap((signer) => {
      const keyIds = keyIdsFor(view, role, signer.keyId).filter((id) =>
        counts(view, role, id, rules),
      );
      return keyIds.length > 0 ? [{ signer, keyIds }] : [];
    });
    return { role, body: renewed(view, role, rules.now), signedBy };
  });
  return {
    roles: due.map(({ role }) => role),
    files,
    warnings: [],
    due,
    remaining: all.filter(({ way }) => way.kind !== 'keys'),
  };
}

function counts(view: TrustedView, role: RoleName, id: string, rules: RenewalRules): boolean {
  return role !== 'root' || countingRootKeyIds(view.root, { gun: view.gun, ...rules }).includes(id);
}

function renewed(view: TrustedView, role: RoleName, now: Date): PlannedFile['body'] {
  if (role === 'root') return renewedRoot(view.root.signed, now);
  const { body } = stateOf(view, role);
  if (!body) throw new TypeError(`${role} has nothing that could be renewed`);
  return renewedTargets(body, now);
}
