/**
 * What the available keys still allow in a repository, and until when. Pure: judged by the verified
 * trust data, never by what somebody believes to have lost.
 */
import {
  isClientRenewed,
  isSnapshotClientManaged,
  listingOf,
  type ExpiryRules,
  type KeyId,
  type RoleExpiry,
  type RoleName,
  type SignerInfo,
  type TrustedView,
} from '../../trust/index.js';
import { day, nameOf, neededKeys } from './describe-expiry.js';

/** A role, and which of its keys are available. */
export interface RoleKeys {
  readonly role: RoleName;
  /** Canonical IDs. */
  readonly keyIds: readonly KeyId[];
  readonly threshold: number;
  readonly available: readonly SignerInfo[];
  /** Whether the available keys reach its threshold. */
  readonly isComplete: boolean;
}

/** Something that expires, such as `targets` or `root certificate`. */
interface Expiry {
  readonly what: string;
  readonly at: Date;
}

export interface Assessment {
  /** Which missing keys decide what can be done. */
  readonly missing: 'nothing' | 'delegations' | 'targets' | 'root' | 'root and targets';
  /** Root, targets and every delegation. */
  readonly roles: readonly RoleKeys[];
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
export function assess(
  view: TrustedView,
  expiries: readonly RoleExpiry[],
  signers: readonly SignerInfo[],
  rules: ExpiryRules,
): Assessment {
  const names: readonly RoleName[] = ['root', 'targets', ...view.delegations.keys()];
  const roles = names.map((role) => roleKeys(view, role, signers));
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
export function isRenewableByTargets({ expired, isSnapshotWithClient }: Assessment): boolean {
  return !isSnapshotWithClient && expired.every(({ what }) => what === 'targets');
}

/** What still works and what does not, as rows of a table: a subject, and sentences on it. */
export function findingsOf(
  assessment: Assessment,
): readonly { readonly about: string; readonly text: string }[] {
  const { roles } = assessment;
  const complete = roles.filter(({ isComplete }) => isComplete);
  const missing = roles.filter(({ isComplete }) => !isComplete);
  const keysOf = ({ role, available }: RoleKeys): string =>
    `${role}: ${available.map(({ description }) => description).join(', ')}`;
  return [
    { about: 'available', text: complete.map(keysOf).join('; ') || 'nothing' },
    { about: 'not available', text: missing.map(missingRole).join('; ') || 'nothing' },
    { about: 'pulling', text: pulling(assessment) },
    { about: 'signing', text: signing(assessment) },
    { about: 'changing keys', text: changingKeys(assessment) },
  ];
}

function pulling({ expired: [expired], end, next, fading }: Assessment): string {
  if (expired) {
    return `Fails: ${expired.what} expired on ${day(expired.at)}, so clients refuse every tag.`;
  }
  const limit = end
    ? `Works until ${day(end.at)}, when ${end.what} expires, which the available keys cannot renew: then clients refuse every tag.`
    : `Works. ${next ? `${next.what} expires first, on ${day(next.at)}` : 'Nothing expires'}; the available keys can renew it.`;
  if (fading.length === 0) return limit;
  const roles = fading.map(({ what, at }) => `${what} (until ${day(at)})`).join(', ');
  return `${limit} Tags that only these roles list are refused earlier, unless the owners of their keys sign again: ${roles}.`;
}

function signing({ roles, expired, isSnapshotWithClient, end }: Assessment): string {
  if (isSnapshotWithClient) {
    return 'Fails here: a client keeps the snapshot key, so the server cannot publish. Only that client (notary) can sign, while it has all the keys it needs.';
  }
  if (expired.length > 0) {
    return `Fails until ${expired.map(({ what }) => what).join(', ')} is renewed.`;
  }
  const until = end ? ` until ${day(end.at)}` : '';
  const signable = roles.filter(({ role }) => role !== 'root');
  const here = signable.filter(({ isComplete }) => isComplete).map(({ role }) => role);
  const elsewhere = signable.filter(({ role, isComplete }) => isDelegation(role) && !isComplete);
  const own =
    here.length > 0
      ? `Works with the available keys${until}, into ${here.join(', ')}.`
      : 'Fails with the available keys.';
  if (elsewhere.length === 0) return own;
  return `${own} The owners of these keys can sign${until}: ${elsewhere.map(missingRole).join('; ')}.`;
}

function changingKeys(assessment: Assessment): string {
  const { missing, isSnapshotWithClient } = assessment;
  switch (missing) {
    case 'nothing':
    case 'delegations':
      return isSnapshotWithClient
        ? 'Every key can be rotated once the server has the snapshot role, which the root key can give it.'
        : 'Every key can be rotated, and signers can be added and removed.';
    case 'targets':
      return 'The root key can give every role a new key, including targets. After that, signers can be added and removed.';
    case 'root':
      if (isSnapshotWithClient)
        return 'Nothing can be changed: a client keeps the snapshot key, and only the root key can give the role to the server.';
      return isRenewableByTargets(assessment)
        ? 'The repository key can add and remove signers and give them new keys. The keys of root, targets and snapshot cannot be rotated.'
        : 'Nothing can be changed that a client would accept.';
    case 'root and targets':
      return 'Nothing can be changed: no key can be rotated, and no signer added or removed.';
  }
}

function missingRole(one: RoleKeys): string {
  const some = one.available.length > 0 ? `, of which ${one.available.length} available` : '';
  return `${one.role}: ${neededKeys(one)}${some}`;
}

/** Whether a role is a signer's, or `targets/releases`. */
export function isDelegation(role: RoleName): boolean {
  return role.startsWith('targets/');
}

function roleKeys(view: TrustedView, role: RoleName, signers: readonly SignerInfo[]): RoleKeys {
  const { keys = [], threshold = 1 } = listingOf(view, role) ?? {};
  const has = ({ keyId }: { readonly keyId?: KeyId | undefined }): boolean =>
    signers.some((signer) => signer.keyId === keyId);
  return {
    role,
    keyIds: [...new Set(keys.flatMap(({ keyId }) => keyId ?? []))].sort(),
    threshold,
    available: signers.filter(({ keyId }) => keys.some((key) => key.keyId === keyId)),
    isComplete: keys.filter(has).length >= threshold,
  };
}

function missingKeys(
  root: boolean,
  targets: boolean,
  delegations: readonly RoleKeys[],
): Assessment['missing'] {
  if (!root) return targets ? 'root' : 'root and targets';
  if (!targets) return 'targets';
  return delegations.every(({ isComplete }) => isComplete) ? 'nothing' : 'delegations';
}

/** Soonest first. */
function datesOf(expiries: readonly RoleExpiry[]): readonly Expiry[] {
  return expiries
    .flatMap((one) => (one.expires ? [{ what: nameOf(one), at: one.expires }] : []))
    .sort((a, b) => a.at.getTime() - b.at.getTime());
}
