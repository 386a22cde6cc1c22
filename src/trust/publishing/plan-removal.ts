/**
 * Decides what a publish must sign so that tags are gone from every role our key may sign, wherever
 * in the tree it is. Pure: a view and a wish in, new bodies out, and what has to stay where it is.
 */
import { withoutTargets } from '../edits/index.js';
import { getOwnProperty } from '../metadata/index.js';
import type { KeyId, RoleName, TargetsSigned } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import { canonicalIds, type TrustedView } from '../verification/index.js';
import type { Plan, PlannedFile } from './plan.js';
import { keyIdsFor } from './roles.js';

/** A role that keeps a tag because our key alone cannot sign it, or must not. */
export interface KeepingRole {
  readonly role: RoleName;
  /** Canonical IDs of the keys that can. */
  readonly keyIds: readonly KeyId[];
  readonly threshold: number;
  /** Docker passes over an expired role; its tags come back when its owner renews it. */
  readonly isExpired: boolean;
}

/** What has to happen, and what cannot. */
export interface RemovalPlan extends Plan {
  readonly files: readonly PlannedFile<TargetsSigned>[];
  /** Each tag with the roles it is taken from. */
  readonly removed: ReadonlyMap<string, readonly RoleName[]>;
  /** Each tag with the roles that keep it. */
  readonly remaining: ReadonlyMap<string, readonly KeepingRole[]>;
}

/** Plans the removal of every tag that `selects` accepts. */
export function planRemoval(
  view: TrustedView,
  selects: (tag: string) => boolean,
  signer: Signer,
  now: Date,
): RemovalPlan {
  const removed = new Map<string, RoleName[]>();
  const remaining = new Map<string, KeepingRole[]>();
  const files: PlannedFile<TargetsSigned>[] = [];
  for (const [role, { signed }] of [...view.targets].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = Object.keys(signed.targets).filter(selects);
    const keyIds = keyIdsFor(view, role, signer.keyId);
    const isOurs = keyIds.length >= thresholdOf(view, role);
    for (const name of names) {
      if (isOurs) add(removed, name, role);
      else add(remaining, name, keeping(view, role, false));
    }
    if (!isOurs || names.length === 0) continue;
    const body = withoutTargets(signed, new Set(names), now);
    files.push({ role, body, signedBy: [{ signer, keyIds }] });
  }
  for (const [role, { reason, envelope }] of view.skipped) {
    // Signing an expired role anew would bring back all its other tags, which nobody asked for.
    if (reason !== 'expired') continue;
    for (const name of Object.keys(envelope.signed.targets).filter(selects)) {
      add(remaining, name, keeping(view, role, true));
    }
  }
  return { roles: files.map(({ role }) => role), files, warnings: [], removed, remaining };
}

function thresholdOf(view: TrustedView, role: RoleName): number {
  const listed =
    role === 'targets' ? getOwnProperty(view.root.signed.roles, role) : view.delegations.get(role);
  return Math.max(listed?.threshold ?? 1, 1);
}

function keeping(view: TrustedView, role: RoleName, isExpired: boolean): KeepingRole {
  const { keys, roles } = view.root.signed;
  const listed =
    role === 'targets'
      ? (getOwnProperty(roles, role)?.keyids ?? []).flatMap((id) => getOwnProperty(keys, id) ?? [])
      : [...(view.delegations.get(role)?.keys.values() ?? [])];
  return { role, keyIds: canonicalIds(listed), threshold: thresholdOf(view, role), isExpired };
}

function add<T>(to: Map<string, T[]>, name: string, value: T): void {
  to.set(name, [...(to.get(name) ?? []), value]);
}
