/** Which roles of which repositories list a key, by their verified trust data. Pure. */
import { baseRoles, type Gun, type KeyId, type RoleName } from '../metadata/index.js';
import { keyIdsFor } from '../publishing/index.js';
import type { TrustedView } from '../verification/index.js';

/** A repository that lists a key, and the roles in which it does: at least one. */
export interface KeyUsage {
  readonly gun: Gun;
  readonly roles: readonly RoleName[];
}

/** Where the key with this canonical ID is used. */
export function keyUsage(views: ReadonlyMap<Gun, TrustedView>, keyId: KeyId): readonly KeyUsage[] {
  return [...views].flatMap(([gun, view]) => {
    const roles = rolesWithKeys(view, [keyId]);
    return roles.length === 0 ? [] : [{ gun, roles }];
  });
}

/** The roles of `view` that list one of `keyIds` (canonical). */
export function rolesWithKeys(view: TrustedView, keyIds: readonly KeyId[]): readonly RoleName[] {
  return [...baseRoles, ...view.delegations.keys()].filter((role) =>
    keyIds.some((keyId) => keyIdsFor(view, role, keyId).length > 0),
  );
}
