/**
 * What the principal may do with a registry, by its role assignments. A wildcard proves nothing
 * (Owner holds `*` and cannot sign), so only a literal grant counts as one.
 */
import { asList } from '../json.js';
import { parseRegistryId, readListFromArm, type ArmAccess, type NotChecked } from './arm.js';

/** One permission: held, not held, or unknown and why. */
export type PermissionAnswer =
  { readonly state: 'granted' } | { readonly state: 'missing' } | NotChecked;

/** The permissions a signing run needs. */
export interface RegistryPermissions {
  readonly pull: PermissionAnswer;
  readonly push: PermissionAnswer;
  readonly sign: PermissionAnswer;
}

interface Grant {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

const prefix = 'Microsoft.ContainerRegistry/registries';
const apiVersion = '2022-04-01';

/**
 * Asks ARM for the caller's own permissions on the registry.
 * @throws {TrustError} INPUT_INVALID for a malformed id, INTERRUPTED.
 */
export async function readRegistryPermissions(
  access: ArmAccess,
  registryId: string,
): Promise<RegistryPermissions> {
  const answer = await readListFromArm(
    access,
    `${parseRegistryId(registryId)}/providers/Microsoft.Authorization/permissions?api-version=${apiVersion}`,
  );
  if (answer.state === 'not checked') return { pull: answer, push: answer, sign: answer };
  const grants = answer.entries.map(toGrant);
  return {
    pull: decide(grants, `${prefix}/pull/read`),
    push: decide(grants, `${prefix}/push/write`),
    sign: decide(grants, `${prefix}/sign/write`, `${prefix}/trustedCollections/write`),
  };
}

function toGrant(entry: Readonly<Record<string, unknown>>): Grant {
  const texts = (name: string): readonly string[] =>
    asList(entry[name]).filter((item) => typeof item === 'string');
  return {
    actions: texts('actions'),
    notActions: texts('notActions'),
    dataActions: texts('dataActions'),
    notDataActions: texts('notDataActions'),
  };
}

function decide(grants: readonly Grant[], action: string, dataAction?: string): PermissionAnswer {
  const findings = grants.flatMap((grant) => [
    match(grant.actions, grant.notActions, action),
    ...(dataAction === undefined
      ? []
      : [match(grant.dataActions, grant.notDataActions, dataAction)]),
  ]);
  if (findings.includes('literal')) {
    return { state: 'granted' };
  }
  return findings.includes('wildcard')
    ? { state: 'not checked', why: `only a wildcard role covers ${action}, which may not suffice` }
    : { state: 'missing' };
}

/** Azure RBAC: an action counts where one pattern of the entry matches and no exclusion does. */
function match(
  patterns: readonly string[],
  exclusions: readonly string[],
  action: string,
): 'literal' | 'wildcard' | 'none' {
  if (exclusions.some((pattern) => matches(pattern, action))) {
    return 'none';
  }
  if (patterns.some((pattern) => pattern.toLowerCase() === action.toLowerCase())) {
    return 'literal';
  }
  return patterns.some((pattern) => matches(pattern, action)) ? 'wildcard' : 'none';
}

function matches(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[^\w/]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
