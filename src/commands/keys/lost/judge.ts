/**
 * What the keys at hand still allow in a repository, and until when. Pure: judged from the verified
 * trust data, never from what somebody believes to have lost.
 */
import {
  isClientRenewed,
  isSnapshotClientManaged,
  listingOf,
  type Gun,
  type SignerInfo,
  type KeyId,
  type RoleExpiry,
  type ExpiryRules,
  type RoleName,
  type TrustedView,
} from '../../../trust/index.js';
import { nameOf } from '../describe-expiry.js';

/** A role and the keys at hand. */
export interface Custody {
  readonly role: RoleName;
  /** Canonical IDs of its keys. */
  readonly keyIds: readonly KeyId[];
  readonly threshold: number;
  readonly held: readonly SignerInfo[];
  /** Whether the keys at hand reach its threshold. */
  readonly isAtHand: boolean;
}

/** An end that the keys at hand cannot put off. */
export interface FixedEnd {
  /** Such as `targets` or `root certificate`. */
  readonly what: string;
  readonly at: Date;
}

/** How a repository stands without the keys that are not at hand. */
export interface Loss {
  readonly gun: Gun;
  /** Which of the keys are missing that decide what is left to do. */
  readonly kind: 'nothing' | 'delegations' | 'targets' | 'root' | 'root and targets';
  /** Root, targets and every delegation. */
  readonly custody: readonly Custody[];
  /** Whether the snapshot key is with a client, so that nothing can be published without it. */
  readonly isSnapshotWithClient: boolean;
  /** What has expired already, so that clients refuse everything; soonest first. */
  readonly expired: readonly FixedEnd[];
  /** From when on clients will refuse everything, unless a key is found; undefined: never. */
  readonly end: FixedEnd | undefined;
  /** What ends first of root, targets and what a client keeps, whoever can put it off. */
  readonly next: FixedEnd | undefined;
  /** Whether signing works now: nothing above the delegations has expired, the server can publish. */
  readonly canSign: boolean;
  /** Delegations whose file ends, and that the keys at hand can neither renew nor replace. */
  readonly fading: readonly FixedEnd[];
}

/** Whether all is well, or a later date for targets would make it so, for as long as the root lasts. */
export function mendsByTargets({ expired, isSnapshotWithClient }: Loss): boolean {
  return !isSnapshotWithClient && expired.every(({ what }) => what === 'targets');
}

/** Judges what `view` and its renewals mean for whoever has `holders` and nothing else. */
export function judgeLoss(
  view: TrustedView,
  renewals: readonly RoleExpiry[],
  holders: readonly SignerInfo[],
  rules: ExpiryRules,
): Loss {
  const custody = ['root', 'targets', ...view.delegations.keys()].map((role) =>
    custodyOf(view, role, holders),
  );
  const isAtHand = (role: RoleName): boolean =>
    custody.find((one) => one.role === role)?.isAtHand === true;
  const [root, targets] = [isAtHand('root'), isAtHand('targets')];
  const isSnapshotWithClient = isSnapshotClientManaged(view, holders, rules);
  const base = renewals.filter(({ role }) => !role.startsWith('targets/'));
  const expired = endsOf(base.filter(({ state }) => state === 'expired'));
  const fixed = root
    ? [] // Whoever has the root key can give every role a new key, and every role a later date.
    : base.filter(
        ({ role }) =>
          role === 'root' ||
          (role === 'targets' && (!targets || isSnapshotWithClient)) ||
          (role === 'snapshot' && isSnapshotWithClient),
      );
  const delegations = custody.slice(2);
  const isParentAtHand = root || (targets && !isSnapshotWithClient);
  const fading = isParentAtHand
    ? []
    : delegations
        .filter((one) => !one.isAtHand || isSnapshotWithClient)
        .flatMap(({ role }) => renewals.filter((one) => one.role === role));
  return {
    gun: view.gun,
    kind: kindOf(
      root,
      targets,
      delegations.every((one) => one.isAtHand),
    ),
    custody,
    isSnapshotWithClient,
    expired,
    end: endsOf(fixed)[0],
    next: endsOf(base.filter(isClientRenewed))[0],
    canSign: expired.length === 0 && !isSnapshotWithClient,
    fading: endsOf(fading),
  };
}

function custodyOf(view: TrustedView, role: RoleName, holders: readonly SignerInfo[]): Custody {
  const listing = listingOf(view, role);
  const keys = listing?.keys ?? [];
  const threshold = listing?.threshold ?? 1;
  const ids = new Set(holders.map(({ keyId }) => keyId));
  const reached = keys.filter(({ keyId }) => keyId !== undefined && ids.has(keyId));
  return {
    role,
    keyIds: [...new Set(keys.flatMap(({ keyId }) => keyId ?? []))].sort(),
    threshold,
    held: holders.filter(({ keyId }) => keys.some((key) => key.keyId === keyId)),
    isAtHand: reached.length >= threshold,
  };
}

function kindOf(root: boolean, targets: boolean, delegations: boolean): Loss['kind'] {
  if (!root) return targets ? 'root' : 'root and targets';
  if (!targets) return 'targets';
  return delegations ? 'nothing' : 'delegations';
}

/** Soonest first. */
function endsOf(renewals: readonly RoleExpiry[]): readonly FixedEnd[] {
  return renewals
    .flatMap((one) => (one.expires ? [{ what: nameOf(one), at: one.expires }] : []))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
