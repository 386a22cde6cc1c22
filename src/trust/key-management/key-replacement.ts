/** Decides which key of a role goes when another one comes. Pure. */
import { TrustError } from '../../errors.js';
import { keyIdOf } from '../metadata/index.js';
import type { KeyId, PublicKey, RoleName } from '../metadata/types.js';
import type { TrustedView } from '../verification/index.js';
import {
  keysWithId,
  listingOf,
  formatKeyIds,
  type ChosenSigner,
  type SignerInfo,
  type ListedKey,
  type RoleListing,
} from './role-listing.js';

/** The key that a role is to get. */
interface NewKey<S extends SignerInfo> {
  readonly signer: S;
  /** As it is to be listed; undefined while it is only asked what would happen. */
  readonly publicKey: PublicKey | undefined;
}

/** What a rotation is judged by. */
export interface RotationRequest<S extends SignerInfo> {
  readonly view: TrustedView;
  readonly role: RoleName;
  readonly newKey: NewKey<S>;
  /** The key that is to go, by its canonical or listed ID; needed where the role has several. */
  readonly oldKeyId: KeyId | undefined;
  /** Keys that can sign besides the new one. */
  readonly availableKeys: readonly S[];
}

/** Keys of one role that go and come. */
export interface KeyReplacement {
  readonly role: RoleName;
  readonly removed: readonly ListedKey[];
  /** The new key where the role lists it already, besides the one that goes. */
  readonly present: ListedKey | undefined;
}

/** What would have to be signed by whom, before there are any bodies. */
export interface RotationDraft<S extends SignerInfo> {
  readonly replacements: readonly KeyReplacement[];
  readonly files: readonly {
    readonly role: RoleName;
    readonly signedBy: readonly ChosenSigner<S>[];
  }[];
  readonly warnings: readonly string[];
}

/** Nothing is to be done, and why. */
export interface Unchanged {
  readonly unchanged: string;
}

/** Stands for the listed ID of a key that is not known yet. */
const pendingKeyId = 'new';

/**
 * The replacement in the role itself.
 * @throws {TrustError} ROLE_NOT_FOUND; ROTATION_REJECTED where the old key is not listed, where several
 * keys could be meant, or where too few would be left.
 */
export function replacementIn<S extends SignerInfo>({
  view,
  role,
  newKey,
  oldKeyId,
}: RotationRequest<S>):
  { readonly listing: RoleListing; readonly replacement: KeyReplacement } | Unchanged {
  const listing = requireListing(view, role);
  const [present] = keysWithId(listing, newKey.signer.keyId);
  const isThere = `${role} of ${view.gun} has the key ${newKey.signer.keyId} already`;
  const others = listing.keys.filter(({ keyId }) => keyId !== newKey.signer.keyId);
  if (oldKeyId === undefined) {
    if (present) return { unchanged: isThere };
    if (new Set(others.map(({ id, keyId }) => keyId ?? id)).size > 1) {
      throw new TrustError(
        'ROTATION_REJECTED',
        `${role} of ${view.gun} has several keys: ${formatKeyIds(others)}.`,
        { remedy: 'Give the ID of the key to replace (old-key).' },
      );
    }
  }
  const removed =
    oldKeyId === undefined
      ? others
      : others.filter(({ id, keyId }) => id === oldKeyId || keyId === oldKeyId);
  if (removed.length === 0 && oldKeyId !== undefined) {
    if (present) return { unchanged: isThere };
    throw new TrustError(
      'ROTATION_REJECTED',
      `${role} of ${view.gun} does not list the key to replace, ${oldKeyId}; it lists ${formatKeyIds(listing.keys)}.`,
      { remedy: 'Give the ID of a key that the role lists, as docker trust inspect shows it.' },
    );
  }
  const replacement = { role, removed, present };
  requireEnough(view, listing, replacement);
  return { listing, replacement };
}

/** The listing of `role` after `replacement`; the new key comes first. */
export function listingAfter<S extends SignerInfo>(
  { role, keys, threshold }: RoleListing,
  { removed, present }: KeyReplacement,
  { signer, publicKey }: NewKey<S>,
): RoleListing {
  const stay = keys.filter((key) => !removed.includes(key));
  if (present && stay.includes(present)) return { role, keys: stay, threshold };
  const added = {
    id: publicKey ? keyIdOf(publicKey) : pendingKeyId,
    keyId: signer.keyId,
    key: publicKey ?? { keytype: '', keyval: { private: null, public: '' } },
  };
  return { role, keys: [added, ...stay], threshold };
}

/** @throws {TrustError} ROLE_NOT_FOUND when no trusted role lists `role`. */
export function requireListing(view: TrustedView, role: RoleName): RoleListing {
  const listing = listingOf(view, role);
  if (listing) return listing;
  const known = [...view.delegations.keys()].sort().join(', ');
  throw new TrustError('ROLE_NOT_FOUND', `${view.gun} has no role ${role}.`, {
    remedy:
      known === ''
        ? 'It has no delegations: its tags are signed in targets.'
        : `Its delegations are ${known}.`,
  });
}

function requireEnough(
  { gun }: TrustedView,
  { role, keys, threshold }: RoleListing,
  { removed, present }: KeyReplacement,
): void {
  const left = keys.length - removed.length + (present ? 0 : 1);
  if (left >= threshold) return;
  throw new TrustError(
    'ROTATION_REJECTED',
    `${role} of ${gun} would be left with ${left} keys, but needs ${threshold} signatures.`,
    { remedy: 'Rotate to a key that the role does not have yet.' },
  );
}
