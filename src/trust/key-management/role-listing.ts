/** Which keys a role lists, and which of the available keys are enough to sign for it. Pure. */
import { TrustError } from '../../errors.js';
import { isBaseRole, getOwnProperty } from '../metadata/index.js';
import type { Gun, KeyId, PublicKey, RoleName, TargetsSigned } from '../metadata/types.js';
import type { Signer } from '../signer.js';
import { canonicalIdOrNone, type TrustedView } from '../verification/index.js';

/** A key as a role lists it. */
export interface ListedKey {
  /** The ID under which it is listed: of a certificate, the certificate's. */
  readonly id: KeyId;
  /** The canonical ID, by which people and vaults know it; undefined for a key nobody can read. */
  readonly keyId: KeyId | undefined;
  readonly key: PublicKey;
}

/** The keys of a role, and how many of them must sign. */
export interface RoleListing {
  readonly role: RoleName;
  readonly keys: readonly ListedKey[];
  readonly threshold: number;
}

/** A key that signs, or would: all that has to be known of it before it does. */
export type SignerInfo = Pick<Signer, 'keyId' | 'description'>;

/** A key that signs a file, with the IDs under which the role lists it. */
export interface ChosenSigner<S extends SignerInfo> {
  readonly signer: S;
  readonly keyIds: readonly KeyId[];
}

/** What `view` lists for `role`; undefined where no trusted role knows of it. */
export function listingOf(view: TrustedView, role: RoleName): RoleListing | undefined {
  if (!isBaseRole(role)) {
    const found = view.delegations.get(role);
    return found && { role, keys: listed(found.keys), threshold: Math.max(found.threshold, 1) };
  }
  const { keys, roles } = view.root.signed;
  const found = getOwnProperty(roles, role);
  if (!found) return undefined;
  const pairs = [...new Set(found.keyids)].flatMap((id): [KeyId, PublicKey][] => {
    const key = getOwnProperty(keys, id);
    return key ? [[id, key]] : [];
  });
  return { role, keys: listed(pairs), threshold: Math.max(found.threshold, 1) };
}

/** What a body of `targets`, published or not, lists for a delegation. */
export function listingIn({ delegations }: TargetsSigned, role: RoleName): RoleListing | undefined {
  const found = delegations.roles.find(({ name }) => name === role);
  if (!found) return undefined;
  const pairs = found.keyids.flatMap((id): [KeyId, PublicKey][] => {
    const key = getOwnProperty(delegations.keys, id);
    return key ? [[id, key]] : [];
  });
  return { role, keys: listed(new Map(pairs)), threshold: Math.max(found.threshold, 1) };
}

/** The keys of `listing` that people know by `keyId`, whichever of its IDs that is. */
export function keysWithId({ keys }: RoleListing, keyId: KeyId): readonly ListedKey[] {
  return keys.filter((key) => key.keyId === keyId || key.id === keyId);
}

/** The IDs of keys for a message: canonical ones where there are. */
export function formatKeyIds(keys: readonly ListedKey[]): string {
  const names = [...new Set(keys.map(({ id, keyId }) => keyId ?? id))];
  return names.length === 0 ? 'no key' : names.join(', ');
}

/** The first of the available keys, as many as `listing` asks for; and whether they are that many. */
export function chooseSigners<S extends SignerInfo>(
  listing: RoleListing,
  availableKeys: readonly S[],
): { readonly chosen: readonly ChosenSigner<S>[]; readonly isEnough: boolean } {
  const chosen = new Map<KeyId, ChosenSigner<S>>();
  let count = 0;
  for (const signer of availableKeys) {
    if (count >= listing.threshold) break;
    const keyIds = listing.keys.flatMap(({ id, keyId }) => (keyId === signer.keyId ? [id] : []));
    if (keyIds.length === 0 || chosen.has(signer.keyId)) continue;
    chosen.set(signer.keyId, { signer, keyIds });
    count += keyIds.length;
  }
  return { chosen: [...chosen.values()], isEnough: count >= listing.threshold };
}

/**
 * The first of the available keys that are enough to sign for `listing`.
 * @throws {TrustError} KEY_NOT_AUTHORIZED when they are not.
 */
export function requireSigners<S extends SignerInfo>(
  gun: Gun,
  listing: RoleListing,
  availableKeys: readonly S[],
): readonly ChosenSigner<S>[] {
  const { chosen, isEnough } = chooseSigners(listing, availableKeys);
  if (isEnough) return chosen;
  const { role, keys, threshold } = listing;
  const many = threshold === 1 ? 'a signature' : `${threshold} signatures`;
  const ours = chosen.map(({ signer }) => signer.keyId).join(', ');
  const found = ours === '' ? 'none of these' : `only ${ours}`;
  throw new TrustError(
    'KEY_NOT_AUTHORIZED',
    `${role} of ${gun} needs ${many} of key ${formatKeyIds(keys)}, but ${found} is available.`,
    {
      remedy:
        role === 'root' || role === 'targets'
          ? `Ask the owner of the keys to run this, with a key of ${role} as well. Do not give that key to a pipeline.`
          : `Give a key of ${role} as well, or ask its holder to run this.`,
    },
  );
}

/** One list of several signers' choices, each signer once with all its IDs. */
export function mergeSigners<S extends SignerInfo>(
  ...choices: readonly (readonly ChosenSigner<S>[])[]
): readonly ChosenSigner<S>[] {
  const all = new Map<KeyId, ChosenSigner<S>>();
  for (const { signer, keyIds } of choices.flat()) {
    const before = all.get(signer.keyId)?.keyIds ?? [];
    all.set(signer.keyId, { signer, keyIds: [...new Set([...before, ...keyIds])] });
  }
  return [...all.values()];
}

function listed(pairs: Iterable<readonly [KeyId, PublicKey]>): readonly ListedKey[] {
  return [...pairs].map(([id, key]) => ({ id, keyId: canonicalIdOrNone(key), key }));
}
