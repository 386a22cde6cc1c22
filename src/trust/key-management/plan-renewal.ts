/** Decides which roles to sign again. Pure: a view and the available keys in, files to sign out. */
import { renewedRoot, renewedTargets } from '../edits/index.js';
import type { RoleName } from '../metadata/types.js';
import { keyIdsFor, stateOf, type Plan, type PlannedFile } from '../publishing/index.js';
import type { Signer } from '../signer.js';
import { countingRootKeyIds, type TrustedView } from '../verification/index.js';
import {
  uniqueSigners,
  isDue,
  isClientRenewed,
  roleExpiries,
  type RoleExpiry,
  type ExpiryRules,
} from './expiry.js';

/** What will be signed again, and what cannot be. */
interface RenewalPlan extends Plan {
  /** What is due and can be signed with the available keys: the files. */
  readonly due: readonly RoleExpiry[];
  /** What is due, and stays so. */
  readonly remaining: readonly RoleExpiry[];
}

/**
 * Plans the renewal of every role that is due and that `signers` reach the threshold of. All of them
 * that the role lists sign, so that it stays good for readers who pin only one of them.
 */
export function planRenewal(
  view: TrustedView,
  signers: readonly Signer[],
  rules: ExpiryRules,
): RenewalPlan {
  const all = roleExpiries(view, signers, rules).filter(
    (one) => isDue(one) && isClientRenewed(one),
  );
  const due = all.filter(({ remedy }) => remedy.kind === 'keys');
  const files = due.map(({ role }): PlannedFile => {
    const signedBy = uniqueSigners(signers).flatMap((signer) => {
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
    remaining: all.filter(({ remedy }) => remedy.kind !== 'keys'),
  };
}

function counts(view: TrustedView, role: RoleName, id: string, rules: ExpiryRules): boolean {
  return role !== 'root' || countingRootKeyIds(view.root, { gun: view.gun, ...rules }).includes(id);
}

function renewed(view: TrustedView, role: RoleName, now: Date): PlannedFile['body'] {
  if (role === 'root') return renewedRoot(view.root.signed, now);
  const { body } = stateOf(view, role);
  if (!body) throw new TypeError(`${role} has nothing that could be renewed`);
  return renewedTargets(body, now);
}
