/** The order in which Notary visits roles (tuf/tuf.go WalkTargets). */
import { pathsCover, type RoleName } from '../metadata/index.js';
import { targetsAsDelegation } from './delegations.js';
import type { TrustedView } from './view.js';

/** Which part of the tree to walk. */
interface Walk {
  /** The role whose subtree is walked. */
  readonly from: RoleName;
  /** Only roles that may sign this name, and only below such roles; left out, all of them. */
  readonly target?: string;
  /** Roles left out together with what is below them. */
  readonly without?: readonly RoleName[];
}

/** The trusted roles of `view` in Notary's order: breadth first, children as listed. */
export function walkRoles(view: TrustedView, walk: Walk): readonly RoleName[] {
  const { from, target, without = [] } = walk;
  const visited = new Set<RoleName>();
  const queue: RoleName[] = ['targets'];
  for (let role = queue.shift(); role !== undefined; role = queue.shift()) {
    const file = view.targets.get(role);
    if (file === undefined) continue;
    const children = file.signed.delegations.roles.map(({ name }) => name);
    if (from.startsWith(`${role}/`)) {
      // On the way down to the subtree nothing is visited and no path is asked.
      queue.push(...children);
      continue;
    }
    const isInside = role === from || role.startsWith(`${from}/`);
    if (!isInside || without.includes(role) || visited.has(role)) continue;
    if (target !== undefined && !pathsCover(pathsOf(view, role), target)) continue;
    visited.add(role);
    queue.push(...children);
  }
  return [...visited];
}

/** The effective paths of a role: everything for `targets`. */
export function pathsOf(view: TrustedView, role: RoleName): readonly string[] {
  return role === 'targets' ? targetsAsDelegation.paths : (view.delegations.get(role)?.paths ?? []);
}
