/** Where keys are listed that went from one role. Pure. */
import {
  baseRoles,
  listingOf,
  type KeyId,
  type RoleName,
  type TrustedView,
} from '../../../trust/index.js';

/** The roles of `view` that list one of `keyIds` (canonical), in order of their names. */
export function rolesWithKeys(view: TrustedView, keyIds: readonly KeyId[]): readonly RoleName[] {
  return [...baseRoles, ...view.delegations.keys()]
    .filter((role) =>
      listingOf(view, role)?.keys.some(
        ({ keyId }) => keyId !== undefined && keyIds.includes(keyId),
      ),
    )
    .sort();
}
