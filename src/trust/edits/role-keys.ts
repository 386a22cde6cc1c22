/**
 * Changes keys of roles: a body that was verified plus new keys gives the body to sign next. Pure;
 * who has to sign it is not decided here. What does not concern the key stays as it was.
 */
import { keyIdOf, getOwnProperty, type BaseRole } from '../metadata/index.js';
import type { KeyId, PublicKey, RoleKeys, RoleName, RootSigned } from '../metadata/types.js';
import type { DelegationRole, TargetsSigned } from '../metadata/types.js';
import { renewedRoot, renewedTargets } from './renewed.js';

/** What happens to the keys of a role. */
export interface RoleKeyChange {
  /** The IDs, as the role lists them, of the keys that go. */
  readonly removed: readonly KeyId[];
  readonly added: PublicKey;
  /** How many signatures the role takes from now on; left out, as many as before. */
  readonly threshold?: number;
}

/**
 * The next version of `current` with keys changedKeys, good for ten years. Keys that no role uses any
 * more are dropped, but for the certificates of earlier root keys: Notary keeps those
 * (notary tuf/tuf.go, ReplaceBaseKeys).
 */
export function withRootKeys(
  current: RootSigned,
  changes: ReadonlyMap<BaseRole, RoleKeyChange>,
  now: Date,
): RootSigned {
  const roles: Record<RoleName, RoleKeys> = { ...current.roles };
  const keys = new Map(Object.entries(current.keys));
  const gone: KeyId[] = [];
  for (const [role, change] of changes) {
    const before = getOwnProperty(roles, role) ?? { keyids: [], threshold: 1 };
    roles[role] = changedKeys(before, change);
    keys.set(keyIdOf(change.added), change.added);
    if (role !== 'root') gone.push(...change.removed);
  }
  const used = new Set(Object.values(roles).flatMap(({ keyids }) => keyids));
  for (const id of gone) if (!used.has(id)) keys.delete(id);
  return { ...renewedRoot(current, now), keys: Object.fromEntries(keys), roles };
}

/**
 * The next version of `current` (`targets` or a delegation) with keys of delegations changedKeys, good
 * for three years. Keys that no delegation uses any more are dropped.
 */
export function withDelegationKeys(
  current: TargetsSigned,
  changes: ReadonlyMap<RoleName, RoleKeyChange>,
  now: Date,
): TargetsSigned {
  const roles = current.delegations.roles.map((role): DelegationRole => {
    const change = changes.get(role.name);
    return change ? { ...role, ...changedKeys(role, change) } : role;
  });
  const keys = new Map(Object.entries(current.delegations.keys));
  for (const { added } of changes.values()) keys.set(keyIdOf(added), added);
  const used = new Set(roles.flatMap(({ keyids }) => keyids));
  return {
    ...renewedTargets(current, now),
    delegations: {
      keys: Object.fromEntries([...keys].filter(([id]) => used.has(id))),
      roles,
    },
  };
}

/** The new key stands where the first of those stood that go, or at the end. */
function changedKeys(before: RoleKeys, { removed, added, threshold }: RoleKeyChange): RoleKeys {
  const id = keyIdOf(added);
  const first = before.keyids.findIndex((keyid) => removed.includes(keyid));
  const keyids = before.keyids.flatMap((keyid, index) => {
    if (index === first) return [id];
    return removed.includes(keyid) ? [] : [keyid];
  });
  return {
    keyids: [...new Set(first < 0 ? [...keyids, id] : keyids)],
    threshold: threshold ?? before.threshold,
  };
}
