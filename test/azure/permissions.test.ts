import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { clouds, createCredential } from '../../src/azure/index.js';
import { findRegistryId } from '../../src/azure/find-registry.js';
import { readRegistryPermissions } from '../../src/azure/permissions.js';
import {
  contentTrustObstacles,
  readRegistryProperties,
} from '../../src/azure/registry-properties.js';
import { roleAssignmentCommand } from '../../src/azure/role-assignment.js';
import type { ArmAccess } from '../../src/azure/index.js';
import { fakeHttp, rejection } from '../registry/fake-http.js';
import { startAzure } from './emulated-azure.js';
import type { EmulatedAzure } from './emulated-azure.js';

const granted = { state: 'granted' };
const missing = { state: 'missing' };
const notChecked = (why: string) => ({
  state: 'not checked',
  why: expect.stringContaining(why) as string,
});

let azure: EmulatedAzure;
let registry: { loginServer: string; id: string };

beforeAll(async () => {
  azure = await startAzure();
  registry = await azure.control.createRegistry({ name: 'contoso' });
});

afterAll(async () => {
  await azure.close();
});

beforeEach(async () => {
  azure.loopback.requests.length = 0;
  await azure.control.clearFaults();
});

/** Access to ARM as a new principal with these roles on the registry. */
async function principalWith(...roles: readonly string[]): Promise<ArmAccess> {
  const { objectId, ...ids } = await azure.control.createServicePrincipal();
  for (const role of roles) {
    await azure.control.assignRole({ principalId: objectId, role, scope: registry.id });
  }
  const { http } = azure;
  const credential = createCredential({ kind: 'secret', ...ids }, azure);
  return { credential, cloud: clouds.AzureCloud, http };
}

describe('the permissions of a principal', () => {
  it('to push and sign are granted by AcrPush and AcrImageSigner', async () => {
    const access = await principalWith('AcrPush', 'AcrImageSigner');
    expect(await readRegistryPermissions(access, registry.id)).toEqual({
      pull: granted,
      push: granted,
      sign: granted,
    });
  });

  it('to sign are missing with AcrPush alone', async () => {
    const access = await principalWith('AcrPush');
    const permissions = await readRegistryPermissions(access, registry.id);
    expect(permissions).toEqual({ pull: granted, push: granted, sign: missing });
  });

  it('to push are missing with AcrImageSigner alone', async () => {
    const access = await principalWith('AcrImageSigner', 'AcrPull');
    const permissions = await readRegistryPermissions(access, registry.id);
    expect(permissions).toEqual({ pull: granted, push: missing, sign: granted });
  });

  it('are not known from a wildcard, for Owner cannot sign', async () => {
    const { sign } = await readRegistryPermissions(await principalWith('Owner'), registry.id);
    expect(sign).toEqual(notChecked('wildcard'));
  });

  it('are missing where the same role excludes them', async () => {
    await azure.control.createRole({
      name: 'Almost signer',
      actions: ['Microsoft.ContainerRegistry/registries/sign/write'],
      notActions: ['Microsoft.ContainerRegistry/registries/SIGN/*'],
    });
    const access = await principalWith('Almost signer');
    expect((await readRegistryPermissions(access, registry.id)).sign).toEqual(missing);
  });

  it('are granted by the data action alone', async () => {
    await azure.control.createRole({
      name: 'Data signer',
      dataActions: ['Microsoft.ContainerRegistry/registries/trustedCollections/write'],
    });
    const access = await principalWith('Data signer');
    expect((await readRegistryPermissions(access, registry.id)).sign).toEqual(granted);
  });

  it.each([
    [{ status: 403, body: { error: { code: 'AuthorizationFailed' } } }, 'may not read this'],
    [{ status: 404 }, 'answered 404'],
    [{ status: 200, body: { value: 'odd' } }, 'no list'],
  ])('are not checked when ARM answers %j', async (fault, why) => {
    await azure.control.failNext({ target: 'management.azure.com', ...fault });
    const { push, sign } = await readRegistryPermissions(
      await principalWith('AcrPush'),
      registry.id,
    );
    expect(push).toEqual(notChecked(why));
    expect(sign).toEqual(notChecked(why));
  });

  it.each([
    ['asks to wait', { headers: { 'Retry-After': '1' }, times: 1 }, 900],
    ['only turns requests away', { times: 2 }, 700],
  ])('are read in the end when ARM %s', async (_how, fault, atLeastMs) => {
    const access = await principalWith('AcrPush');
    await azure.control.failNext({ target: 'management.azure.com', status: 429, ...fault });
    const started = performance.now();
    expect((await readRegistryPermissions(access, registry.id)).push).toEqual(granted);
    expect(performance.now() - started).toBeGreaterThan(atLeastMs);
  });

  it('are not checked when ARM asks for more time than there is, nor waited for', async () => {
    const fault = { status: 429, headers: { 'Retry-After': '600' } };
    await azure.control.failNext({ target: 'management.azure.com', ...fault });
    const { sign } = await readRegistryPermissions(await principalWith(), registry.id);
    expect(sign).toEqual(notChecked('answered 429 and asks to wait 10 minutes'));
  });

  it('are not checked when ARM says nothing', async () => {
    const access = await principalWith();
    await access.credential.getToken('https://management.azure.com/.default');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const http = (): Promise<never> => {
      queueMicrotask(() => vi.advanceTimersByTime(60_000));
      return new Promise<never>(() => undefined);
    };
    const { sign } = await readRegistryPermissions({ ...access, http }, registry.id);
    vi.useRealTimers();
    expect(sign).toEqual(notChecked('did not answer within 60 seconds'));
  });

  it('are not checked when there is no token for ARM', async () => {
    const access = await principalWith();
    await azure.control.failNext({
      target: 'oauth2/v2.0/token',
      status: 400,
      body: { error: 'x', error_description: 'AADSTS500011: no' },
    });
    const { sign } = await readRegistryPermissions(access, registry.id);
    expect(sign).toEqual(notChecked('AADSTS500011'));
  });

  it('are read over several pages, and no page elsewhere gets the token', async () => {
    const entry = (action: string) => ({ actions: [action] });
    const prefix = 'Microsoft.ContainerRegistry/registries';
    const { http, requests } = fakeHttp((_request, url) =>
      url.searchParams.has('page')
        ? { body: { value: [entry(`${prefix}/sign/write`)], nextLink: 'https://evil.example/p3' } }
        : {
            body: {
              value: [entry(`${prefix}/push/write`)],
              nextLink: 'https://management.azure.com/next?page=2',
            },
          },
    );
    const access = { ...(await principalWith()), http };
    const { sign } = await readRegistryPermissions(access, registry.id);
    expect(sign).toEqual(notChecked('outside of itself'));
    expect(requests.map(({ url }) => new URL(url).host)).toEqual([
      'management.azure.com',
      'management.azure.com',
    ]);
  });

  it('are not checked where the list of them never ends', async () => {
    const nextLink = 'https://management.azure.com/next';
    const { http } = fakeHttp(() => ({ body: { value: [{ actions: ['*/read'] }], nextLink } }));
    const { sign } = await readRegistryPermissions(
      { ...(await principalWith()), http },
      registry.id,
    );
    expect(sign).toEqual(notChecked('too long a list'));
  });

  it.each([
    'contoso',
    '/subscriptions/x',
    '/subscriptions/a/../b',
    `/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/r?x=1`,
  ])('of %s, which is no registry id, are refused unasked', async (id) => {
    const access = await principalWith();
    azure.loopback.requests.length = 0;
    const error = await rejection(readRegistryPermissions(access, id));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.remedy).toContain('az acr show');
    expect(azure.loopback.requests).toHaveLength(0);
  });
});

describe('the properties of a registry', () => {
  it('are read by a principal that may, and speak for or against content trust', async () => {
    const answer = await readRegistryProperties(await principalWith('Reader'), registry.id);
    if (answer.state !== 'read') {
      expect.fail(answer.why);
    }
    expect(answer.properties).toMatchObject({
      loginServer: 'contoso.azurecr.io',
      sku: 'Premium',
      trustPolicy: 'enabled',
      roleAssignmentMode: 'LegacyRegistryPermissions',
    });
    const { properties } = answer;
    expect(contentTrustObstacles(properties).size).toBe(0);
    const obstacles = [
      { ...properties, trustPolicy: 'disabled' },
      { ...properties, sku: 'Standard' },
      { ...properties, roleAssignmentMode: 'AbacRepositoryPermissions' },
    ].flatMap((changed) => [...contentTrustObstacles(changed).values()]);
    expect(obstacles.map((error) => error.code)).toEqual(
      Array.from({ length: 3 }, () => 'CONTENT_TRUST_UNAVAILABLE'),
    );
    for (const error of obstacles) {
      expect(error.remedy).toContain('deletes all trust data');
    }
  });

  it('are not checked for a signer, who may not read them', async () => {
    const access = await principalWith('AcrPush', 'AcrImageSigner');
    const answer = await readRegistryProperties(access, registry.id);
    expect(answer).toEqual(notChecked('may not read this'));
  });
});

describe.each([
  ['usgov', clouds.AzureUSGovernment, 'login.microsoftonline.us'],
  ['china', clouds.AzureChinaCloud, 'login.partner.microsoftonline.cn'],
] as const)('a registry of the cloud %s', (name, cloud, authority) => {
  it('is found, read and asked for rights in that cloud alone', async () => {
    const { control, http, secrets } = azure;
    const { tenantId } = await control.createTenant({ cloud: name });
    const made = await control.createRegistry({ name: `of${name}`, tenantId });
    const { objectId, ...ids } = await control.createServicePrincipal({ tenantId });
    for (const role of ['Reader', 'AcrPush']) {
      await control.assignRole({ principalId: objectId, role, scope: made.id });
    }
    const credential = createCredential({ kind: 'secret', ...ids }, { cloud, http, secrets });
    const access = { credential, cloud, http };
    azure.loopback.requests.length = 0;
    expect(await findRegistryId(access, made.loginServer)).toEqual({
      state: 'found',
      registryId: made.id,
    });
    expect(await readRegistryProperties(access, made.id)).toMatchObject({
      properties: { loginServer: made.loginServer, trustPolicy: 'enabled' },
    });
    expect(await readRegistryPermissions(access, made.id)).toMatchObject({
      push: granted,
      sign: missing,
    });
    const hosts = new Set(azure.loopback.requests.map(({ host }) => host));
    expect([...hosts]).toEqual([authority, new URL(cloud.armEndpoint).host]);
  });
});

describe('the role assignment command', () => {
  it('is one line to copy', () => {
    expect(roleAssignmentCommand('AcrImageSigner', '/subscriptions/S/r', 'A')).toBe(
      'az role assignment create --scope /subscriptions/S/r --role AcrImageSigner --assignee A',
    );
  });

  it('says what to fill in where something is not known', () => {
    expect(roleAssignmentCommand('AcrPush', undefined, undefined)).toBe(
      'az role assignment create --scope <registry resource ID> --role AcrPush ' +
        '--assignee <client ID of the principal>',
    );
  });
});
