/** What the script has to know of Azure before it makes anything; left out where no other part uses it. */
import { clouds } from '../azure/index.js';
import type { Seen, SetupRequest } from './request.js';
import {
  az,
  capture,
  requireEqual,
  requireOne,
  set,
  variable,
  type Section,
  type Word,
} from './script.js';

/** What other sections ask for. */
export function lookups(request: SetupRequest, seen: Seen): readonly Section[] {
  const { registry, cloud, owner } = request;
  const registryId = request.registryId ?? seen.registryId;
  const read = (title: string, name: string, command: readonly Word[], none: string): Section => ({
    title,
    provides: [name],
    statements: [capture(name, command), requireOne(name, none)],
  });
  const known = (title: string, name: string, value: string): Section => ({
    title,
    provides: [name],
    statements: [set(name, value)],
  });
  const show = { query: 'id', output: 'tsv' };
  return [
    ...(cloud === clouds.AzureCloud.name
      ? []
      : [
          {
            title: `The cloud of ${registry}.`,
            statements: [
              capture('cloud', az('cloud show', { query: 'name', output: 'tsv' })),
              requireEqual(
                'cloud',
                cloud,
                `Run \`az cloud set --name ${cloud}\` and \`az login\` first.`,
              ),
            ],
          },
        ]),
    registryId === undefined
      ? read(
          'The registry.',
          'registry_id',
          az('acr list', { query: `[?loginServer=='${registry}'].id`, output: 'tsv' }),
          `There is no ${registry} in this subscription. Choose its subscription with \`az account set --subscription <name>\`.`,
        )
      : known('The registry.', 'registry_id', registryId),
    read(
      'Where new vaults are: beside the registry.',
      'resource_group',
      az('resource show', { ids: variable('registry_id'), query: 'resourceGroup', output: 'tsv' }),
      'The resource group of the registry cannot be read.',
    ),
    read(
      'The location of new vaults: that of the registry.',
      'location',
      az('resource show', { ids: variable('registry_id'), query: 'location', output: 'tsv' }),
      'The location of the registry cannot be read.',
    ),
    read(
      'The tenant.',
      'tenant_id',
      az('account show', { query: 'tenantId', output: 'tsv' }),
      'Azure CLI does not know the tenant. Run `az login`.',
    ),
    read(
      'The subscription.',
      'subscription_id',
      az('account show', show),
      'Azure CLI does not know the subscription. Run `az login`.',
    ),
    owner === undefined
      ? read(
          'The owner: who runs this.',
          'owner_id',
          az('ad signed-in-user show', show),
          'Azure CLI does not know who you are. Run `az login` as a person.',
        )
      : known('The owner.', 'owner_id', owner),
  ];
}
