import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ServicePrincipal } from '../index.js';
import { registryFor } from '../acr/registry-client.js';
import { send } from '../https.js';
import type { Reply } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';

const arm = 'https://management.azure.com';
const scope = `${arm}/.default`;
let loopback: Loopback;
let registry: Awaited<ReturnType<typeof registryFor>>;

beforeAll(async () => {
  loopback = await startLoopback();
  registry = await registryFor(loopback);
});
afterAll(() => loopback.close());

async function ask(
  sp: ServicePrincipal,
  path: string,
  query?: string,
  audience = scope,
): Promise<Reply> {
  const headers = { authorization: `Bearer ${await registry.entraToken(sp, audience)}` };
  const method = query === undefined ? 'GET' : 'POST';
  const body = query === undefined ? {} : { body: JSON.stringify({ query }) };
  return send(loopback, method, arm + path, { headers, ...body });
}

describe('the permissions of a caller', () => {
  const path = (): string =>
    `${registry.id}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;

  it('list what its roles on the resource grant', async () => {
    const sp = await registry.principal('AcrPush', 'AcrImageSigner');
    const provider = 'Microsoft.ContainerRegistry/registries';
    expect(await ask(sp, path())).toMatchObject({
      status: 200,
      body: {
        value: [
          { actions: [`${provider}/pull/read`, `${provider}/push/write`], dataActions: [] },
          {
            actions: [`${provider}/sign/write`],
            notActions: [],
            dataActions: [`${provider}/trustedCollections/write`],
            notDataActions: [],
          },
        ],
      },
    });
  });

  it('are an empty list for a principal without any', async () => {
    expect(await ask(await registry.principal(), path())).toMatchObject({ body: { value: [] } });
  });

  it('cannot be had for what does not exist', async () => {
    const sp = await registry.principal('AcrPush');
    const missing = path().replace(registry.id, `${registry.id}x`);
    expect((await ask(sp, missing)).status).toBe(404);
  });
});

describe('a registry as a resource', () => {
  const path = (): string => `${registry.id}?api-version=2025-11-01`;

  it('shows tier, policies and modes to a reader', async () => {
    expect(await ask(await registry.principal('Reader'), path())).toMatchObject({
      status: 200,
      body: {
        id: registry.id,
        sku: { name: 'Premium' },
        properties: {
          loginServer: registry.loginServer,
          roleAssignmentMode: 'LegacyRegistryPermissions',
          policies: {
            trustPolicy: { type: 'Notary', status: 'enabled' },
            azureADAuthenticationAsArmPolicy: { status: 'enabled' },
          },
        },
      },
    });
  });

  it('is refused to a signer, whose roles lack registries/read', async () => {
    const sp = await registry.principal('AcrPush', 'AcrImageSigner');
    expect(await ask(sp, path())).toMatchObject({
      status: 403,
      body: { error: { code: 'AuthorizationFailed' } },
    });
  });

  it('is refused without a token, with one for a vault, and without api-version', async () => {
    expect((await send(loopback, 'GET', arm + path())).status).toBe(401);
    const sp = await registry.principal('Reader');
    const vaultToken = await ask(sp, path(), undefined, 'https://vault.azure.net/.default');
    expect(vaultToken).toMatchObject({
      status: 401,
      body: { error: { code: 'InvalidAuthenticationToken' } },
    });
    expect((await ask(sp, registry.id)).status).toBe(400);
  });
});

describe('finding a registry by its login server', () => {
  const graph = '/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01';
  const query = (): string =>
    "resources | where type =~ 'microsoft.containerregistry/registries' " +
    `| where properties.loginServer =~ '${registry.loginServer.toUpperCase()}'`;

  it('works through Resource Graph for what the caller may read', async () => {
    const reader = await registry.principal('Reader');
    expect(await ask(reader, graph, query())).toMatchObject({
      status: 200,
      body: { totalRecords: 1, data: [{ id: registry.id }] },
    });
    expect(await ask(reader, graph, `${query()} | project id, name | limit 1`)).toMatchObject({
      body: { data: [{ id: registry.id, name: registry.adminUsername }] },
    });
    expect(await ask(await registry.principal('AcrPush'), graph, query())).toMatchObject({
      body: { totalRecords: 0, data: [] },
    });
    expect((await ask(reader, graph, 'resources | summarize count()')).status).toBe(400);
  });

  it('works through the list of the subscription', async () => {
    const { subscriptionId } = await loopback.control.describe();
    const path =
      `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerRegistry/registries` +
      '?api-version=2025-11-01';
    expect(await ask(await registry.principal('Reader'), path)).toMatchObject({
      body: { value: [{ id: registry.id }] },
    });
    expect(await ask(await registry.principal('AcrPush'), path)).toMatchObject({
      body: { value: [] },
    });
  });
});
