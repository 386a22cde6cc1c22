/**
 * Role assignments and the questions services ask of them. Scopes are ARM ids; an assignment
 * covers its scope and everything below it.
 */
import { guid } from '../core/ids.js';
import { builtInRoles } from './definitions.js';
import type { RoleDefinition } from './definitions.js';

/** A role given to a principal. */
export interface RoleAssignment {
  readonly id: string;
  /** Object id of the principal. */
  readonly principalId: string;
  readonly role: RoleDefinition;
  readonly scope: string;
}

/** How exactly an action is granted; `wildcard` means only through a `*`. */
export type Grant = 'literal' | 'wildcard' | 'none';

/** All roles and assignments. */
export interface Roles {
  define(role: Omit<RoleDefinition, 'id'>): void;
  /** @throws Error when no role has this name or id. */
  assign(principalId: string, role: string, scope: string): RoleAssignment;
  /** Returns how many assignments were removed. */
  remove(principalId: string, role: string, scope: string): number;
  /** The assignments of a principal that cover `resource`. */
  covering(principalId: string, resource: string): readonly RoleAssignment[];
  /** How `principalId` may perform a management action on `resource`. */
  action(principalId: string, action: string, resource: string): Grant;
  /** How `principalId` may perform a data action on `resource`. */
  dataAction(principalId: string, action: string, resource: string): Grant;
}

/** Makes the built-in roles with no assignment. */
export function createRoles(): Roles {
  const definitions = [...builtInRoles];
  let assignments: RoleAssignment[] = [];
  const named = (role: string): RoleDefinition => {
    const wanted = role.toLowerCase();
    const found = definitions.find((d) => d.name.toLowerCase() === wanted || d.id === wanted);
    if (found === undefined) throw new Error(`the emulator knows no role ${role}`);
    return found;
  };
  const covering = (principalId: string, resource: string): readonly RoleAssignment[] =>
    assignments.filter((a) => a.principalId === principalId && covers(a.scope, resource));
  return {
    define: (role) => {
      definitions.push({ id: guid(), ...role });
    },
    assign: (principalId, role, scope) => {
      const assignment = { id: guid(), principalId, role: named(role), scope };
      assignments.push(assignment);
      return assignment;
    },
    remove: (principalId, role, scope) => {
      const gone = named(role);
      const before = assignments.length;
      assignments = assignments.filter(
        (a) =>
          a.principalId !== principalId ||
          a.role !== gone ||
          a.scope.toLowerCase() !== scope.toLowerCase(),
      );
      return before - assignments.length;
    },
    covering,
    action: (principalId, action, resource) =>
      best(
        covering(principalId, resource).map(({ role }) =>
          grantOf(action, role.actions, role.notActions),
        ),
      ),
    dataAction: (principalId, action, resource) =>
      best(
        covering(principalId, resource).map(({ role }) =>
          grantOf(action, role.dataActions, role.notDataActions),
        ),
      ),
  };
}

function covers(scope: string, resource: string): boolean {
  const outer = scope.toLowerCase().replace(/\/+$/, '');
  const inner = resource.toLowerCase();
  return inner === outer || inner.startsWith(`${outer}/`);
}

function grantOf(action: string, granted: readonly string[], denied: readonly string[]): Grant {
  if (denied.some((pattern) => matches(pattern, action))) return 'none';
  const wanted = action.toLowerCase();
  if (granted.some((pattern) => pattern.toLowerCase() === wanted)) return 'literal';
  return granted.some((pattern) => matches(pattern, action)) ? 'wildcard' : 'none';
}

function matches(pattern: string, action: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replace(/[.\\+?^${}()|[\]]/g, String.raw`\$&`))
    .join('.*');
  return new RegExp(`^${expression}$`, 'i').test(action);
}

function best(grants: readonly Grant[]): Grant {
  if (grants.includes('literal')) return 'literal';
  return grants.includes('wildcard') ? 'wildcard' : 'none';
}
