/** Finds the resource behind a login server, which need not begin with the name of the registry. */
import { findResource, isRegistryId, type ArmAccess, type NotChecked } from './arm.js';
import { isRegistryHost } from './clouds.js';

/** The resource ID of a registry, or why it is not known. */
type FoundRegistry = { readonly state: 'found'; readonly registryId: string } | NotChecked;

/** Asks Azure Resource Graph. */
export async function findRegistryId(access: ArmAccess, host: string): Promise<FoundRegistry> {
  if (!isRegistryHost(host)) {
    return { state: 'not checked', why: `${host} is not a registry of Azure` };
  }
  const answer = await findResource(
    access,
    "resources | where type =~ 'microsoft.containerregistry/registries' " +
      `| where properties.loginServer =~ '${host}' | project id`,
  );
  if (answer.state === 'not checked') return answer;
  return answer.id !== undefined && isRegistryId(answer.id)
    ? { state: 'found', registryId: answer.id }
    : { state: 'not checked', why: `this principal may not read the properties of ${host}` };
}
