/**
 * What the available keys still allow in a repository, and until when. Pure: judged by the verified
 * trust data, never by what somebody believes to have lost.
 */
import { isDelegation } from '../metadata/index.js';
import type { KeyId, RoleName } from '../metadata/types.js';
import type { TrustedView } from '../verification/index.js';
import { nameOfExpiry } from './describe-expiry.js';
import {
  availableFor,
  isClientRenewed,
  isSnapshotClientManaged,
  keysOf,
  listedIds,
  type ExpiryRules,
  type RoleExpiry,
} from './expiry.js';
import type { SignerInfo } from './role-listing.js';

/** A role, and which of its keys are available. */
export interface KeysOfRole<S extends SignerInfo = SignerInfo> {
  readonly role: RoleName;
  /** Canonical IDs. */
  readonly keyIds: readonly KeyId[];
  readonly threshold: number;
  readonly available: readonly S[];
  /** Whether the available keys reach its threshold. */
  readonly isComplete: boolean;
}

/** Something that expires, such as `targets` or `root certificate`. */
interface Expiry {
  readonly what: string;
  readonly at: Date;
}

/** What the available keys still allow. */
export interface KeyAssessment<S extends SignerInfo = SignerInfo> {
  /** Which missing keys decide what can be done. */
  readonly missing: 'nothing' | 'delegations' | 'targets' | 'root' | 'root and targets';
  /** Root, targets and every delegation. */
  readonly roles: readonly KeysOfRole<S>[];
  /** Whether a client keeps the snapshot key, so that nothing can be published without it. */
  readonly isSnapshotWithClient: boolean;
  /** What has expired, so that clients refuse everything; soonest first. */
  readonly expired: readonly Expiry[];
  /** When clients will refuse everything unless a key is found; undefined: never. */
  readonly end: Expiry | undefined;
  /** What expires first of root, targets and what a client keeps, whoever can renew it. */
  readonly next: Expiry | undefined;
  /** Delegations that expire and that the available keys can neither renew nor replace. */
  readonly fading: readonly Expiry[];
}

/** What `view` and its expiries mean for whoever has `signers` and nothing else. */
export function assessKeys<S extends SignerInfo>(
  view: TrustedView,
  expiries: readonly RoleExpiry[],
  signers: readonly S[],
  rules: ExpiryRules,
): KeyAssessment<S> {
  const names: readonly RoleName[] = ['root', 'targets', ...view.delegations.keys()];
  const roles = names.map((role): KeysOfRole<S> => {
    const listed = keysOf(view, role);
    const available = availableFor(view, role, signers);
    const isComplete = listedIds(view, role, signers).size >= listed.threshold;
    return { role, ...listed, available, isComplete };
  });
  const has = (role: RoleName): boolean => roles.some((one) => one.role === role && one.isComplete);
  const [root, targets] = [has('root'), has('targets')];
  const isSnapshotWithClient = isSnapshotClientManaged(view, signers, rules);
  const base = expiries.filter(({ role }) => !isDelegation(role));
  const fixed: Readonly<Record<string, boolean>> = {
    root: true,
    targets: !targets || isSnapshotWithClient,
    snapshot: isSnapshotWithClient,
  };
  const delegations = roles.filter(({ role }) => isDelegation(role));
  const isParentAvailable = root || (targets && !isSnapshotWithClient);
  const fading = delegations.filter((one) => !one.isComplete || isSnapshotWithClient);
  return {
    missing: missingKeys(root, targets, delegations),
    roles,
    isSnapshotWithClient,
    expired: datesOf(base.filter(({ state }) => state === 'expired')),
    // Whoever has the root key can give every role a new key, and every role a later date.
    end: root ? undefined : datesOf(base.filter(({ role }) => fixed[role]))[0],
    next: datesOf(base.filter(isClientRenewed))[0],
    fading: isParentAvailable
      ? []
      : datesOf(expiries.filter(({ role }) => fading.some((one) => one.role === role))),
  };
}

/** Whether all is well, or a later date for targets is enough for as long as the root lasts. */
export function isRenewableByTargets({ expired, isSnapshotWithClient }: KeyAssessment): boolean {
  return !isSnapshotWithClient && expired.every(({ what }) => what === 'targets');
}

function missingKeys(
  root: boolean,
  targets: boolean,
  delegations: readonly KeysOfRole[],
): KeyAssessment['missing'] {
  if (!root) return targets ? 'root' : 'root and targets';
  if (!targets) return 'targets';
  return delegations.every(({ isComplete }) => isComplete) ? 'nothing' : 'delegations';
}

/** Soonest first. */
function datesOf(expiries: readonly RoleExpiry[]): readonly Expiry[] {
  return expiries
    .flatMap((one) => (one.expires ? [{ what: nameOfExpiry(one), at: one.expires }] : []))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
