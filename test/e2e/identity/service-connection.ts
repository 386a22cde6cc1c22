/** The variables with which an agent hands a service connection to a task. */
import type { Principal } from '../../stack/index.js';

/** @param parameters beside the principal: how it proves itself. */
export function connectionVariables(
  { clientId, tenantId }: Pick<Principal, 'clientId' | 'tenantId'>,
  id: string,
  scheme: string,
  parameters: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = { serviceprincipalid: clientId, tenantid: tenantId, ...parameters };
  return {
    [`ENDPOINT_URL_${id}`]: 'https://management.azure.com/',
    [`ENDPOINT_DATA_${id}_ENVIRONMENT`]: 'AzureCloud',
    [`ENDPOINT_AUTH_SCHEME_${id}`]: scheme,
    [`ENDPOINT_AUTH_${id}`]: JSON.stringify({ scheme, parameters: all }),
    ...Object.fromEntries(
      Object.entries(all).map(([name, value]) => [
        `ENDPOINT_AUTH_PARAMETER_${id}_${name.toUpperCase()}`,
        value,
      ]),
    ),
  };
}
