/** Which roles of which repositories list a key, by their verified trust data. Pure. */
import {
  baseRoles,
  keyIdsFor,
  keyNamesOf,
  type Gun,
  type KeyId,
  type RoleName,
  type TrustedView,
} from '../../../trust/index.js';

/** A repository that lists a key. */
export interface Service {
  readonly gun: Gun;
  /** At least one. */
  readonly roles: readonly RoleName[];
}

/** Where the key with this canonical ID serves. */
export function servicesOf(views: ReadonlyMap<Gun, TrustedView>, keyId: KeyId): readonly Service[] {
  return [...views].flatMap(([gun, view]) => {
    const roles = rolesIn(view).filter((role) => keyIdsFor(view, role, keyId).length > 0);
    return roles.length === 0 ? [] : [{ gun, roles }];
  });
}

/** Canonical IDs of the root keys of a repository. */
export function rootKeyIdsOf({ root }: TrustedView): readonly KeyId[] {
  return keyNamesOf(root, 'root').map(({ keyId }) => keyId);
}

function rolesIn(view: TrustedView): readonly RoleName[] {
  return [...baseRoles, ...view.delegations.keys()];
}
