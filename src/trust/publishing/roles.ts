/** What a view says of one role: our key in it, and what a new version starts from. Pure. */
import { canonicalKeyIdOf, isBaseRole, MetadataError, getOwnProperty } from '../metadata/index.js';
import type { KeyId, PublicKey, RoleName, TargetsSigned } from '../metadata/types.js';
import { invalidData, type TrustedView } from '../verification/index.js';
import { limits } from '../../limits.js';

/**
 * The TUF IDs under which `role` lists the key with this canonical ID: its own, those of
 * certificates for it, or both. Keys that cannot be read are nobody's.
 */
export function keyIdsFor(view: TrustedView, role: RoleName, canonicalId: KeyId): readonly KeyId[] {
  return keysOf(view, role).flatMap(([id, key]) => {
    try {
      return canonicalKeyIdOf(key) === canonicalId ? [id] : [];
    } catch (error) {
      if (error instanceof MetadataError) return [];
      throw error;
    }
  });
}

/** The keys that `role` lists, by their TUF IDs, each once. */
export function keysOf(
  view: TrustedView,
  role: RoleName,
): readonly (readonly [KeyId, PublicKey])[] {
  if (!isBaseRole(role)) return [...(view.delegations.get(role)?.keys ?? [])];
  const { roles, keys } = view.root.signed;
  return [...new Set(getOwnProperty(roles, role)?.keyids)].flatMap((id) => {
    const key = getOwnProperty(keys, id);
    return key === undefined ? [] : [[id, key] as const];
  });
}

/** What a new version of a role starts from. */
interface RoleState {
  /** Content that may be carried over; undefined when there is none that is trustworthy. */
  readonly body: TargetsSigned | undefined;
  /** The version on the server, trusted or not; 0 without a file. */
  readonly published: number;
  /** Whether Docker accepts the file as it stands. */
  readonly isTrusted: boolean;
}

/**
 * The state of a role. An expired file is authentic and the snapshot names it as the latest, so its
 * owner may carry it over; a file whose signatures do not count could hold anybody's tags.
 * @throws {TrustError} TRUST_DATA_INVALID when such a file claims a version after which there would be
 * no room for others.
 */
export function stateOf(view: TrustedView, role: RoleName): RoleState {
  const trusted = view.targets.get(role)?.signed;
  if (trusted) return { body: trusted, published: trusted.version, isTrusted: true };
  const skipped = view.skipped.get(role);
  if (!skipped) return { body: undefined, published: 0, isTrusted: false };
  const { signed } = skipped.envelope;
  if (skipped.reason === 'signatures' && signed.version > limits.unsignedVersion) {
    const rule = `it is not validly signed, and its version ${signed.version} would leave no room for others`;
    throw invalidData(view.gun, role, rule);
  }
  return {
    body: skipped.reason === 'expired' ? signed : undefined,
    published: signed.version,
    isTrusted: false,
  };
}
