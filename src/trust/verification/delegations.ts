/** What a targets file delegates, limited by its ancestors (tuf/data/roles.go Restrict). */
import { limits } from '../../limits.js';
import {
  depthOf,
  getOwnProperty,
  restrictPaths,
  type Envelope,
  type Gun,
  type KeyId,
  type PublicKey,
  type RoleName,
  type TargetsSigned,
} from '../metadata/index.js';
import { invalidData } from './errors.js';
import type { EffectiveRole } from './view.js';

/** `targets` itself, seen as a delegation: it may sign every name. */
export const targetsAsDelegation = { name: 'targets', paths: [''] } as const;

/** The roles listed by `file`, with their keys, and their paths reduced to those of `parent`. */
function delegationsOf(
  file: TargetsSigned,
  parent: { readonly name: RoleName; readonly paths: readonly string[] },
): readonly EffectiveRole[] {
  return file.delegations.roles.map((role) => ({
    ...role,
    parent: parent.name,
    paths: restrictPaths(role.paths, parent.paths),
    keys: new Map(
      role.keyids.flatMap((id): [KeyId, PublicKey][] => {
        const key = getOwnProperty(file.delegations.keys, id);
        return key === undefined ? [] : [[id, key]];
      }),
    ),
  }));
}

/** Every delegation that the trusted roles of one GUN list, in listed order. */
export class DelegationRegistry {
  readonly roles = new Map<RoleName, EffectiveRole>();
  /** Roles that their parent lists more than once. */
  readonly repeated = new Set<RoleName>();

  constructor(readonly gun: Gun) {}

  /** Adds what a trusted role lists; of two entries for one role the first counts. */
  add(file: Envelope<TargetsSigned>, parent: Pick<EffectiveRole, 'name' | 'paths'>): void {
    for (const role of delegationsOf(file.signed, parent)) {
      if (this.roles.has(role.name)) {
        this.repeated.add(role.name);
        continue;
      }
      // TUF 1.0, 5.6.7.1: bound the number of delegations that are visited.
      if (this.roles.size >= limits.delegations) {
        throw invalidData(this.gun, parent.name, `more than ${limits.delegations} delegations`);
      }
      if (depthOf(role.name) > limits.delegationDepth) {
        throw invalidData(this.gun, role.name, `deeper than ${limits.delegationDepth} levels`);
      }
      this.roles.set(role.name, role);
    }
  }
}
