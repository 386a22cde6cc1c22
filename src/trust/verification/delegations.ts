/** What a targets file delegates, limited by its ancestors (tuf/data/roles.go Restrict). */
import {
  own,
  restrictPaths,
  type KeyId,
  type PublicKey,
  type RoleName,
  type TargetsSigned,
} from '../metadata/index.js';
import type { EffectiveRole } from './view.js';

/** `targets` itself, seen as a delegation: it may sign every name. */
export const targetsAsDelegation = { name: 'targets', paths: [''] } as const;

/** The roles listed by `file`, with their keys, and their paths reduced to those of `parent`. */
export function delegationsOf(
  file: TargetsSigned,
  parent: { readonly name: RoleName; readonly paths: readonly string[] },
): readonly EffectiveRole[] {
  return file.delegations.roles.map((role) => ({
    ...role,
    parent: parent.name,
    paths: restrictPaths(role.paths, parent.paths),
    keys: new Map(
      role.keyids.flatMap((id): [KeyId, PublicKey][] => {
        const key = own(file.delegations.keys, id);
        return key === undefined ? [] : [[id, key]];
      }),
    ),
  }));
}
