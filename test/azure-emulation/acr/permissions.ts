/**
 * What a principal may do in a registry, from its role assignments at the time of a sign-in. The
 * result travels in the refresh token, so a later role change waits for the next exchange.
 */
import type { Roles } from '../roles/assignments.js';
import type { Registry } from './registries.js';

/** A right in a registry, spelt as in the `permissions` claim of a refresh token. */
export type Permission =
  | 'pull/read'
  | 'push/write'
  | 'artifacts/delete'
  | 'metadata/read'
  | 'metadata/write'
  | 'sign/write';

/** All rights. */
export const allPermissions: readonly Permission[] = [
  'pull/read',
  'push/write',
  'artifacts/delete',
  'metadata/read',
  'metadata/write',
  'sign/write',
];

const provider = 'Microsoft.ContainerRegistry/registries';

/** Which right needs which data action in a registry with repository permissions (ABAC). */
const repositoryActions: readonly (readonly [Permission, string])[] = [
  ['pull/read', 'repositories/content/read'],
  ['push/write', 'repositories/content/write'],
  ['artifacts/delete', 'repositories/content/delete'],
  ['metadata/read', 'repositories/metadata/read'],
  ['metadata/write', 'repositories/metadata/write'],
];

/** The rights of the principal with this object id. */
export function permissionsOf(
  objectId: string,
  registry: Registry,
  roles: Roles,
): readonly Permission[] {
  if (registry.settings.roleAssignmentMode === 'AbacRepositoryPermissions') {
    // AcrPull, AcrPush and AcrDelete are ignored here, and signing does not exist.
    return repositoryActions
      .filter(([, action]) => dataAction(action, objectId, registry, roles) !== 'none')
      .map(([permission]) => permission);
  }
  const may = (action: string): boolean =>
    roles.action(objectId, `${provider}/${action}`, registry.id) !== 'none';
  const granted = new Set<Permission>();
  if (may('pull/read')) granted.add('pull/read').add('metadata/read');
  if (may('push/write')) granted.add('push/write').add('metadata/write');
  if (may('artifacts/delete')) granted.add('artifacts/delete');
  // Owner and Contributor cannot sign although their actions are `*`: only the literal right counts.
  if (
    roles.action(objectId, `${provider}/sign/write`, registry.id) === 'literal' ||
    dataAction('trustedCollections/write', objectId, registry, roles) === 'literal'
  ) {
    granted.add('sign/write');
  }
  return allPermissions.filter((permission) => granted.has(permission));
}

function dataAction(
  action: string,
  objectId: string,
  registry: Registry,
  roles: Roles,
): ReturnType<Roles['dataAction']> {
  return roles.dataAction(objectId, `${provider}/${action}`, registry.id);
}
