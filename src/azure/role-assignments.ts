/** Which roles a principal has on a resource, from Resource Manager, and where a vault is. */
import { isRecord } from '../json.js';
import { findResource, readListFromArm, type ArmAccess, type ArmAnswer } from './arm.js';

const apiVersion = '2022-04-01';

/**
 * The role definitions (GUIDs) that are assigned to a principal, or to a group of it, on `scope` or above.
 * Assignments under a condition are left out: what they cover is not known here.
 * @param scope resource ID
 * @param principalId object ID
 */
export async function readAssignedRoles(
  access: ArmAccess,
  scope: string,
  principalId: string,
): Promise<ArmAnswer<{ readonly roles: ReadonlySet<string> }>> {
  const filter = encodeURIComponent(`atScope() and assignedTo('${principalId}')`);
  const answer = await readListFromArm(
    access,
    `${scope}/providers/Microsoft.Authorization/roleAssignments?api-version=${apiVersion}&$filter=${filter}`,
  );
  if (answer.state === 'not checked') return answer;
  const roles = new Set<string>();
  for (const { properties } of answer.entries) {
    const { roleDefinitionId, condition } = isRecord(properties) ? properties : {};
    if (typeof roleDefinitionId !== 'string' || (condition ?? '') !== '') continue;
    roles.add(roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase());
  }
  return { state: 'read', roles };
}

/** The resource ID of a vault; undefined where nobody shows it. */
export async function findVaultId(access: ArmAccess, name: string): Promise<string | undefined> {
  const answer = await findResource(
    access,
    `resources | where type =~ 'microsoft.keyvault/vaults' | where name =~ '${name}' | project id`,
  );
  const id = answer.state === 'read' ? answer.id : undefined;
  return id !== undefined && /^\/subscriptions\/[\w./()-]+$/i.test(id) ? id : undefined;
}
