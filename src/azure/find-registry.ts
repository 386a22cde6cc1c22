/** Finds the resource behind a login server, which need not begin with the name of the registry. */
import { isRecord } from '../http/index.js';
import { isRegistryId, readFromArm, type ArmAccess } from './arm.js';
import { isRegistryHost } from './clouds.js';

/** The resource ID of a registry, or why it is not known. */
type FoundRegistry =
  | { readonly state: 'found'; readonly registryId: string }
  | { readonly state: 'not checked'; readonly why: string };

const apiVersion = '2021-03-01';

/** Asks Azure Resource Graph, which shows each principal only what it may read. */
export async function findRegistryId(access: ArmAccess, host: string): Promise<FoundRegistry> {
  if (!isRegistryHost(host)) {
    return { state: 'not checked', why: `${host} is not a registry of Azure` };
  }
  const answer = await readFromArm(
    access,
    `/providers/Microsoft.ResourceGraph/resources?api-version=${apiVersion}`,
    {
      query:
        "resources | where type =~ 'microsoft.containerregistry/registries' " +
        `| where properties.loginServer =~ '${host}' | project id`,
    },
  );
  if (answer.state === 'not checked') return answer;
  const { data } = answer.body;
  const [first] = Array.isArray(data) ? (data as readonly unknown[]).filter(isRecord) : [];
  const id = first?.id;
  return typeof id === 'string' && isRegistryId(id)
    ? { state: 'found', registryId: id }
    : { state: 'not checked', why: `this principal may not read the properties of ${host}` };
}
