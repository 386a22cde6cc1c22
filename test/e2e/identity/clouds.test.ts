/** Registries and vaults of the sovereign clouds, whose names and sign-in hosts are their own. */
import { describe, expect, inject, it } from 'vitest';
import { connectStack } from '../../stack/index.js';
import { createScenario } from '../scenario.js';
import { expectSigns } from './signs.js';

const stack = connectStack(inject('stack'));

describe('in a sovereign cloud', () => {
  it.each([
    [
      'usgov',
      /\.azurecr\.us$/,
      /\.vault\.usgovcloudapi\.net$/,
      ['login.microsoftonline.us', 'management.usgovcloudapi.net'],
    ],
    [
      'china',
      /\.azurecr\.cn$/,
      /\.vault\.azure\.cn$/,
      ['login.partner.microsoftonline.cn', 'management.chinacloudapi.cn'],
    ],
  ] as const)(
    'the registry alone tells the cloud (%s)',
    async (cloud, registryName, vaultName, hosts) => {
      const { tenantId } = await stack.azure.createTenant({ cloud });
      const scenario = await createScenario(stack, { tenantId });
      expect(scenario.registry.loginServer).toMatch(registryName);
      expect(scenario.vault.url).toMatch(vaultName);
      const { id } = scenario.registry;
      await expectSigns(scenario, { host: 'cli', inputs: { 'registry-id': id } });
      const mine = (await stack.azure.requests()).filter(
        ({ path }) => path.includes(tenantId) || path.startsWith(id),
      );
      expect([...new Set(mine.map(({ host }) => host))].sort()).toEqual(hosts);
    },
  );
});
