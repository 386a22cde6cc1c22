/**
 * When each role of a repository expires, and who can renew it. Pure: a verified view and the
 * available keys in, findings out; nothing is signed or asked.
 */
import { expiresWithin } from '../metadata/index.js';
import type { KeyId, RoleName } from '../metadata/types.js';
import { keyIdsFor } from '../publishing/index.js';
import {
  countingRootKeyIds,
  expiryOf,
  rootCertificatesExpiry,
  countingRootKeyIdsIgnoringDates,
  type Pin,
  type TrustedView,
} from '../verification/index.js';
import { listingOf, type SignerInfo } from './role-listing.js';

/** What renews it. */
type ExpiryRemedy =
  /** The available keys: they sign the role again as it is. */
  | { readonly kind: 'keys' }
  /** The trust server, by itself, whenever somebody reads; as far as it said so, see the rules. */
  | { readonly kind: 'server'; readonly isKnown: boolean }
  /** The available keys, by a rotation: signing again would not do. */
  | { readonly kind: 'rotation'; readonly role: 'root' | 'snapshot' }
  /** Whoever holds a key of the role, by signing a tag into it. */
  | { readonly kind: 'signing' }
  /** Keys that are not available: by signing the role again, or by the rotation of this role. */
  | { readonly kind: 'others'; readonly rotation?: 'root' | 'snapshot' };

/** One thing that expires: the file of a role, or the certificates of the root keys. */
export interface RoleExpiry {
  readonly role: RoleName;
  readonly part: 'file' | 'certificate';
  /** Undefined while nothing was published, or nothing validly signed. */
  readonly expires: Date | undefined;
  readonly state: 'valid' | 'expiring' | 'expired' | 'not published' | 'not validly signed';
  /** How many of `keyIds` must sign. */
  readonly threshold: number;
  /** Canonical IDs of the keys that can renew it; none for the server's roles. */
  readonly keyIds: readonly KeyId[];
  /** Those of the available keys that are among them. */
  readonly available: readonly SignerInfo[];
  readonly remedy: ExpiryRemedy;
}

/** What {@link roleExpiries} judges by. */
export interface ExpiryRules {
  readonly now: Date;
  /** What expires within so many days counts as expiring; with 0 nothing does. */
  readonly withinDays: number;
  /** The pins by which the view was read: other root keys do not count for its reader. */
  readonly pins: readonly Pin[];
  /**
   * Whether the server holds the snapshot key that the root names, see heldServerRoles. While it does
   * not ("notary init" leaves that key with the client), nothing can be published without that key.
   * Undefined where the server did not say: taken for yes, unless the key is available.
   */
  readonly isSnapshotServerManaged?: boolean | undefined;
}

/**
 * Everything in `view` that expires, root first, delegations in listed order. A view that was read
 * with `expiry: 'report'` shows what has expired, too.
 */
export function roleExpiries(
  view: TrustedView,
  holders: readonly SignerInfo[],
  rules: ExpiryRules,
): readonly RoleExpiry[] {
  const judged: Judged = { view, holders: uniqueSigners(holders), rules };
  const files: readonly RoleName[] = ['root', 'targets', ...view.delegations.keys()];
  const [root, ...rest] = files.map((role) => renewalOf(judged, role));
  return [
    ...(root ? [root] : []),
    certificateRenewal(judged),
    ...rest,
    serverRenewal(judged, 'snapshot'),
    serverRenewal(judged, 'timestamp'),
  ];
}

/** Whether it has expired, or does so within the time that was asked for. */
export function isDue({ state }: Pick<RoleExpiry, 'state'>): boolean {
  return state === 'expired' || state === 'expiring';
}

/** Whether somebody has to do something about it at some time: not so for the server's own roles. */
export function isClientRenewed({ remedy, expires }: RoleExpiry): boolean {
  return remedy.kind !== 'server' && expires !== undefined;
}

/** Whether the snapshot key is one that somebody keeps who is not the server. */
export function isSnapshotClientManaged(
  view: TrustedView,
  holders: readonly SignerInfo[],
  { isSnapshotServerManaged }: Pick<ExpiryRules, 'isSnapshotServerManaged'>,
): boolean {
  if (isSnapshotServerManaged !== undefined) return !isSnapshotServerManaged;
  return holders.some(({ keyId }) => keyIdsFor(view, 'snapshot', keyId).length > 0);
}

/** Each of several keys once. */
export function uniqueSigners<H extends Pick<SignerInfo, 'keyId'>>(
  holders: readonly H[],
): readonly H[] {
  return [...new Map(holders.map((holder) => [holder.keyId, holder])).values()];
}

interface Judged {
  readonly view: TrustedView;
  readonly holders: readonly SignerInfo[];
  readonly rules: ExpiryRules;
}

function renewalOf(judged: Judged, role: RoleName): RoleExpiry {
  const { view, holders, rules } = judged;
  const { threshold, keyIds } = keysOf(view, role);
  const base = {
    role,
    part: 'file',
    threshold,
    keyIds,
    available: availableFor(view, role, holders),
  } as const;
  const file = role === 'root' ? view.root : view.targets.get(role);
  const skipped = view.skipped.get(role);
  // Anyone could have written a file whose signatures do not count, its date included.
  if (!file && skipped?.reason !== 'expired') {
    const state = skipped ? 'not validly signed' : 'not published';
    return { ...base, expires: undefined, state, remedy: { kind: 'signing' } };
  }
  const expires = file ? expiryOf(file.signed) : skipped && expiryOf(skipped.envelope.signed);
  const due = { ...base, expires, state: stateAt(expires, rules) };
  if (countOf(judged, role) >= threshold) {
    return isSnapshotClientManaged(view, holders, rules)
      ? { ...due, ...handover(judged) }
      : { ...due, remedy: { kind: 'keys' } };
  }
  // The old key signs its successor even when its certificate is past its date.
  const timeless = countingRootKeyIdsIgnoringDates(view.root, { gun: view.gun, ...rules });
  if (role === 'root' && countAmong(judged, timeless) >= threshold) {
    return { ...due, remedy: { kind: 'rotation', role: 'root' } };
  }
  return { ...due, remedy: { kind: 'others' } };
}

function certificateRenewal(judged: Judged): RoleExpiry {
  const { view, holders, rules } = judged;
  const { now, pins } = rules;
  const expires = rootCertificatesExpiry(view.root, { gun: view.gun, now, pins });
  return {
    role: 'root',
    part: 'certificate',
    expires,
    state: stateAt(expires, rules),
    ...keysOf(view, 'root'),
    available: availableFor(view, 'root', holders),
    remedy: rotationOf(judged, 'root'),
  };
}

function serverRenewal(judged: Judged, role: 'snapshot' | 'timestamp'): RoleExpiry {
  const { view, holders, rules } = judged;
  const expires = expiryOf(view[role].signed);
  const base = { role, part: 'file', expires } as const;
  if (role === 'snapshot' && isSnapshotClientManaged(view, holders, rules)) {
    return { ...base, state: stateAt(expires, rules), ...handover(judged) };
  }
  return {
    ...base,
    // A timestamp lasts two weeks; that its end is near says nothing.
    state: expires < rules.now ? 'expired' : 'valid',
    threshold: keysOf(view, role).threshold,
    keyIds: [],
    available: [],
    remedy: {
      kind: 'server',
      isKnown: role === 'timestamp' || rules.isSnapshotServerManaged !== undefined,
    },
  };
}

/** Handing the snapshot over to the server takes a new root. */
function handover(
  judged: Judged,
): Pick<RoleExpiry, 'threshold' | 'keyIds' | 'available' | 'remedy'> {
  const { view, holders } = judged;
  return {
    ...keysOf(view, 'root'),
    available: availableFor(view, 'root', holders),

    remedy: rotationOf(judged, 'snapshot'),
  };
}

/** A rotation takes a new root. */
function rotationOf(judged: Judged, role: 'root' | 'snapshot'): ExpiryRemedy {
  return canRotateRoot(judged) ? { kind: 'rotation', role } : { kind: 'others', rotation: role };
}

/** The old root judges its successor whatever the dates of its certificates, and without pins. */
function canRotateRoot(judged: Judged): boolean {
  const { root, gun } = judged.view;
  const timeless = countingRootKeyIdsIgnoringDates(root, { gun, now: judged.rules.now, pins: [] });
  return countAmong(judged, timeless) >= keysOf(judged.view, 'root').threshold;
}

/** Signatures that the available keys can give a new version of `role`, as its readers count them. */
function countOf({ view, holders, rules }: Judged, role: RoleName): number {
  if (role === 'root') {
    const counting = countingRootKeyIds(view.root, { gun: view.gun, ...rules });
    return countAmong({ view, holders }, counting);
  }
  return listedIds(view, role, holders).size;
}

/** How many of some root keys, by TUF ID, are at hand. */
function countAmong(
  { view, holders }: Pick<Judged, 'view' | 'holders'>,
  rootIds: readonly KeyId[],
): number {
  const ids = listedIds(view, 'root', holders);
  return rootIds.filter((id) => ids.has(id)).length;
}

/** The IDs under which a role lists the keys of `holders`: each of them gives one signature. */
export function listedIds(
  view: TrustedView,
  role: RoleName,
  holders: readonly SignerInfo[],
): ReadonlySet<KeyId> {
  return new Set(holders.flatMap(({ keyId }) => keyIdsFor(view, role, keyId)));
}

/** Those of `holders` that a role lists. */
export function availableFor<S extends SignerInfo>(
  view: TrustedView,
  role: RoleName,
  holders: readonly S[],
): readonly S[] {
  return holders.filter(({ keyId }) => keyIdsFor(view, role, keyId).length > 0);
}

/** Each key once; one that cannot be read can sign nothing either. */
export function keysOf(
  view: TrustedView,
  role: RoleName,
): { readonly threshold: number; readonly keyIds: readonly KeyId[] } {
  const listing = listingOf(view, role);
  const keyIds = listing?.keys.flatMap(({ keyId }) => keyId ?? []) ?? [];
  return { threshold: listing?.threshold ?? 1, keyIds: [...new Set(keyIds)].sort() };
}

function stateAt(expires: Date | undefined, { now, withinDays }: ExpiryRules): RoleExpiry['state'] {
  if (expires === undefined || expires < now) return 'expired';
  return expiresWithin(expires, now, withinDays) ? 'expiring' : 'valid';
}
