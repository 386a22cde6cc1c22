/**
 * The names of roles and signers (theupdateframework/notary v0.7.0, tuf/data/roles.go; Docker CLI,
 * cli/command/trust/signer_add.go).
 */
import type { RoleName } from './types.js';

/** The four roles every root lists. */
export const baseRoles = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type BaseRole = (typeof baseRoles)[number];

/** Docker's pull reads this role before `targets`. */
export const releasesRole = 'targets/releases';

/** Role names are shorter than this many characters. */
const maxRoleName = 256;

/** Tells whether `name` is one of the four base roles. */
export function isBaseRole(name: RoleName): name is BaseRole {
  return (baseRoles as readonly string[]).includes(name);
}

/** Tells whether `name` is a valid delegation: `targets/<segment>/…`, lower case, path-clean. */
export function isDelegation(name: RoleName): boolean {
  return (
    name.startsWith('targets/') &&
    name.length < maxRoleName &&
    /^[-a-z0-9_/]+$/.test(name) &&
    !name.split('/').includes('')
  );
}

/** Tells whether `name` may appear in metadata at all. */
export function isRoleName(name: RoleName): boolean {
  return isBaseRole(name) || isDelegation(name);
}

/** Tells whether `name` is a role whose document is of the targets kind. */
export function isTargetsRole(name: RoleName): boolean {
  return name === 'targets' || isDelegation(name);
}

/** The role that must list the delegation `name`: everything before its last slash. */
export function parentOf(name: RoleName): RoleName {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** Tells whether `child` is a valid delegation directly below `parent`. */
export function isChildOf(child: RoleName, parent: RoleName): boolean {
  return isDelegation(child) && parentOf(child) === parent;
}

/** Tells whether `name` may be a Docker signer; `releases` is taken by Docker itself. */
export function isSignerName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9_-]*$/.test(name) && name !== 'releases' && isDelegation(roleOfSigner(name))
  );
}

/** The delegation of a Docker signer: `alice` signs into `targets/alice`. */
export function roleOfSigner(name: string): RoleName {
  return `targets/${name}`;
}

/** How deep a role lies: 0 for a base role, 1 for `targets/alice`, and so on. */
export function depthOf(name: RoleName): number {
  return name.split('/').length - 1;
}

/** Tells whether a role limited to `paths` may sign `target`: plain string prefixes, none for []. */
export function pathsCover(paths: readonly string[], target: string): boolean {
  return paths.some((prefix) => target.startsWith(prefix));
}

/** A child's effective paths: those of its own that lie below one of its parent's. */
export function restrictPaths(
  child: readonly string[],
  parent: readonly string[],
): readonly string[] {
  return child.filter((path) => pathsCover(parent, path));
}
