/**
 * A new key for a delegation. Its parent lists it; what the delegation had signed is signed again by
 * the new key in the same publish, since without that it would fall away. For a signer of Docker's
 * kind the same goes for targets/releases, which carries every signer's key. Pure.
 */
import { TrustError } from '../../errors.js';
import { parentOf, releasesRole } from '../metadata/index.js';
import type { RoleName } from '../metadata/types.js';
import { countSignatures, expiryOf, type TrustedView } from '../verification/index.js';
import {
  replacementIn,
  listingAfter,
  type KeyReplacement,
  type RotationDraft,
  type RotationRequest,
  type Unchanged,
} from './key-replacement.js';
import {
  requireSigners,
  keysWithId,
  listingOf,
  type ChosenSigner,
  type SignerInfo,
  type ListedKey,
  type RoleListing,
} from './role-listing.js';

/**
 * What a new key for a delegation takes.
 * @throws {TrustError} as replacementIn and requireSigners; TRUST_DATA_EXPIRED when the root has expired,
 * because nobody would read the change.
 */
export function draftDelegationKey<S extends SignerInfo>(
  question: RotationRequest<S>,
  now: Date,
): RotationDraft<S> | Unchanged {
  const { view, role, newKey, availableKeys } = question;
  const found = replacementIn(question);
  if ('unchanged' in found) return found;
  refuseExpiredRoot(view, now);
  const parent = parentOf(role);
  const inReleases = releasesReplacement(question, found.replacement);
  const changed = [
    { listing: found.listing, replacement: found.replacement },
    ...(inReleases ? [inReleases] : []),
  ];
  const parentListing = listingOf(view, parent);
  if (!parentListing) throw new TypeError(`${parent} lists ${role}, and is not listed itself`);
  const warnings: string[] = [];
  const files = changed.flatMap(({ listing, replacement }) => {
    const after = listingAfter(listing, replacement, newKey);
    return signedAgain(question, after, warnings);
  });
  return {
    replacements: changed.map(({ replacement }) => replacement),
    files: [
      { role: parent, signedBy: requireSigners(view.gun, parentListing, availableKeys) },
      ...files,
    ],
    warnings,
  };
}

function refuseExpiredRoot({ gun, root }: TrustedView, now: Date): void {
  const at = expiryOf(root.signed);
  if (at >= now) return;
  throw new TrustError(
    'TRUST_DATA_EXPIRED',
    `The root of ${gun} expired at ${at.toISOString()}: no client would read a change of its delegations.`,
    { remedy: 'Have the owner of the root key renew the root first ("keys renew").' },
  );
}

/**
 * What becomes of targets/releases: the key that goes from the signer goes from there too, unless
 * another signer has the same key.
 */
function releasesReplacement<S extends SignerInfo>(
  { view, role, newKey }: RotationRequest<S>,
  { removed }: KeyReplacement,
): { readonly listing: RoleListing; readonly replacement: KeyReplacement } | undefined {
  if (parentOf(role) !== 'targets' || role === releasesRole) return undefined;
  const listing = listingOf(view, releasesRole);
  const gone = listing?.keys.filter((key) => removed.some((old) => isSameKey(key, old))) ?? [];
  if (!listing || gone.length === 0) return undefined;
  const others = [...view.delegations.values()].filter(
    ({ name, parent }) => parent === 'targets' && name !== role && name !== releasesRole,
  );
  const stays = (key: ListedKey): boolean =>
    others.some(({ name }) => listingOf(view, name)?.keys.some((other) => isSameKey(other, key)));
  const [present] = keysWithId(listing, newKey.signer.keyId);
  const going = gone.filter((key) => !stays(key));
  if (going.length === 0 && present) return undefined;
  return { listing, replacement: { role: releasesRole, removed: going, present } };
}

function isSameKey(one: ListedKey, other: ListedKey): boolean {
  return one.id === other.id || (one.keyId !== undefined && one.keyId === other.keyId);
}

/** The file of a role, unless the keys that stay have signed it anyway. */
function signedAgain<S extends SignerInfo>(
  { view, newKey, availableKeys }: RotationRequest<S>,
  after: RoleListing,
  warnings: string[],
): readonly { readonly role: RoleName; readonly signedBy: readonly ChosenSigner<S>[] }[] {
  const { role, keys, threshold } = after;
  const file = view.targets.get(role);
  if (!file) {
    if (view.skipped.has(role)) {
      warnings.push(`${role} of ${view.gun} is not validly signed; it stays unchanged and unused`);
    }
    return [];
  }
  const stay = keys.filter(({ id }) => view.delegations.get(role)?.keys.has(id));
  const count = countSignatures(
    file,
    { keyids: stay.map(({ id }) => id), threshold },
    Object.fromEntries(stay.map(({ id, key }) => [id, key])),
  );
  if (count.isEnough) return [];
  return [{ role, signedBy: requireSigners(view.gun, after, [newKey.signer, ...availableKeys]) }];
}
