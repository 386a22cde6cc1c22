import { describe, expect, it } from 'vitest';
import { fakeHttp } from '../registry/fake-http.js';
import { chooseCloud, chooseIdentity } from '../../src/access/choose-identity.js';
import type { HostIdentity } from '../../src/access/index.js';
import { readPrincipal, type PrincipalInputs } from '../../src/commands/inputs/identity.js';
import { readInputs } from '../../src/commands/index.js';

const clientId = '11111111-2222-3333-4444-555555555555';
const tenantId = '66666666-7777-8888-9999-000000000000';
const nameInput = (name: string): string => name;

function choose(texts: Readonly<Record<string, string>>, identity: HostIdentity = {}) {
  const required = { registry: 'contoso.azurecr.io', repository: 'app', tags: '1' };
  const given: Record<string, string> = { ...required, ...texts };
  const values = readInputs('push', 'cli', (name) => given[name] ?? '');
  return chooseIdentity(readPrincipal(values as unknown as PrincipalInputs), {
    identity,
    nameInput,
  });
}

describe('who a run signs in as', () => {
  it('is the service connection, if there is one', () => {
    const connection = { kind: 'managed-identity' } as const;
    expect(choose({}, { serviceConnection: { identity: connection } })).toBe(connection);
  });

  it('is the service principal with its secret', () => {
    expect(choose({ 'client-id': clientId, 'tenant-id': tenantId, 'client-secret': 's' })).toEqual({
      kind: 'secret',
      clientId,
      tenantId,
      clientSecret: 's',
    });
  });

  it('is the service principal with its certificate', () => {
    expect(
      choose({
        'client-id': clientId,
        'tenant-id': tenantId,
        'client-certificate': 'principal.pem',
        'client-certificate-password': 'p',
      }),
    ).toEqual({
      kind: 'certificate',
      clientId,
      tenantId,
      certificate: 'principal.pem',
      password: 'p',
    });
  });

  it("is proven by the host's own token where nothing else proves it", async () => {
    const asked: string[] = [];
    const identity = choose(
      { 'client-id': clientId, 'tenant-id': tenantId },
      {
        idToken: (audience) => {
          asked.push(audience);
          return Promise.resolve('token');
        },
      },
    );
    expect(identity).toMatchObject({ kind: 'assertion', clientId, tenantId });
    if (identity.kind !== 'assertion') throw new Error(identity.kind);
    expect(await identity.getAssertion(fakeHttp(() => ({})).http)).toBe('token');
    expect(asked).toEqual(['api://AzureADTokenExchange']);
  });

  it('cannot be a service principal that nothing proves', () => {
    expect(() => choose({ 'client-id': clientId, 'tenant-id': tenantId })).toThrow(
      expect.objectContaining({ code: 'CREDENTIAL_MISSING' }) as Error,
    );
  });

  it('is a user-assigned managed identity for a client ID alone', () => {
    expect(choose({ 'client-id': clientId })).toEqual({ kind: 'managed-identity', clientId });
  });

  const resourceId =
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/signer';

  it.each([
    ['system', {}],
    [clientId, { objectId: clientId }],
    [resourceId, { resourceId }],
  ])('is the managed identity %s', (named, how) => {
    expect(choose({ 'managed-identity': named })).toEqual({ kind: 'managed-identity', ...how });
  });

  describe('with the service connection of a registry', () => {
    const login = { kind: 'managed-identity' } as const;
    const registry = 'contoso.azurecr.io';
    const connected = { registryConnection: { registry, login } };

    it('is its principal, if nothing else names one', () => {
      expect(choose({}, connected)).toBe(login);
    });

    it('is what other inputs name', () => {
      const serviceConnection = { identity: { kind: 'default' } as const };
      expect(choose({}, { ...connected, serviceConnection })).toBe(serviceConnection.identity);
      expect(choose({ 'managed-identity': 'system' }, connected)).not.toBe(login);
      expect(choose({ 'tenant-id': tenantId }, connected)).toEqual({ kind: 'default', tenantId });
    });

    it('is not its user name, and what to add is said', () => {
      const password = { kind: 'password', username: 'u', password: 'p' } as const;
      const chosen = choose({}, { registryConnection: { registry, login: password } });
      expect(chosen).toMatchObject({
        kind: 'default',
        remedy: expect.stringMatching(/contoso\.azurecr\.io alone.*azure-subscription/) as string,
      });
    });
  });

  it('is whatever DefaultAzureCredential finds when nothing is given', () => {
    expect(choose({})).toEqual({ kind: 'default' });
    expect(choose({ 'tenant-id': tenantId })).toEqual({ kind: 'default', tenantId });
  });
});

describe('the cloud of a run', () => {
  const connected = (cloud: string) => ({
    identity: { serviceConnection: { identity: { kind: 'default' } as const, cloud } },
  });

  it.each([
    [
      'what is asked for',
      'AzureChinaCloud',
      'contoso.azurecr.io',
      { identity: {} },
      'AzureChinaCloud',
    ],
    [
      "the service connection's",
      'auto',
      'contoso.azurecr.io',
      connected('AzureUSGovernment'),
      'AzureUSGovernment',
    ],
    ["the registry's", 'auto', 'contoso.azurecr.cn', { identity: {} }, 'AzureChinaCloud'],
    ['the public one otherwise', 'auto', 'registry.contoso.com', { identity: {} }, 'AzureCloud'],
  ] as const)('is %s', (_, asked, registry, host, expected) => {
    expect(chooseCloud(asked, registry, host).name).toBe(expected);
  });
});
