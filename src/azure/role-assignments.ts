/** Which roles a principal has on a resource, from Resource Manager, and where a vault is. */
import { isRecord } from '../http/index.js';
import { readFromArm, type ArmAccess } from './arm.js';

/** The answer, or why there is none. */
type Answer<T> =
  ({ readonly state: 'read' } & T) | { readonly state: 'not checked'; readonly why: string };

const apiVersion = '2022-04-01';
const graphVersion = '2021-03-01';

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
): Promise<Answer<{ readonly roles: ReadonlySet<string> }>> {
  const filter = encodeURIComponent(`atScope() and assignedTo('${principalId}')`);
  const roles = new Set<string>();
  let link: string | undefined =
    `${scope}/providers/Microsoft.Authorization/roleAssignments?api-version=${apiVersion}&$filter=${filter}`;
  for (let page = 0; link !== undefined && page < 20; page += 1) {
    const answer = await readFromArm(access, link);
    if (answer.state === 'not checked') return answer;
    const { value, nextLink } = answer.body;
    for (const entry of Array.isArray(value) ? (value as readonly unknown[]) : []) {
      const properties = isRecord(entry) && isRecord(entry.properties) ? entry.properties : {};
      const { roleDefinitionId, condition } = properties;
      if (typeof roleDefinitionId !== 'string' || (condition ?? '') !== '') continue;
      roles.add(roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase());
    }
    link = typeof nextLink === 'string' && nextLink !== '' ? nextLink : undefined;
  }
  return { state: 'read', roles };
}

/** The resource ID of a vault; undefined where nobody shows it. */
export async function findVaultId(access: ArmAccess, name: string): Promise<string | undefined> {
  const answer = await readFromArm(
    access,
    `/providers/Microsoft.ResourceGraph/resources?api-version=${graphVersion}`,
    {
      query: `resources | where type =~ 'microsoft.keyvault/vaults' | where name =~ '${name}' | project id`,
    },
  );
  if (answer.state === 'not checked') return undefined;
  const { data } = answer.body;
  const [first] = Array.isArray(data) ? (data as readonly unknown[]).filter(isRecord) : [];
  return typeof first?.id === 'string' && /^\/subscriptions\/[\w./()-]+$/i.test(first.id)
    ? first.id
    : undefined;
}
