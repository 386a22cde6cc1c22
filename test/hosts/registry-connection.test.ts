/** Docker Registry service connections, as an agent hands them to the task. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RegistryConnection } from '../../src/access/index.js';
import type { Environment } from '../../src/hosts/environment.js';

const principal = {
  registrytype: 'ACR',
  loginServer: 'https://Contoso.azurecr.io',
  serviceprincipalid: 'client',
  tenantid: 'tenant',
};
const registryId =
  '/subscriptions/0000/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/contoso';
const account = {
  scheme: 'UsernamePassword',
  registrytype: 'Others',
  registry: 'https://contoso.azurecr.io/v1/',
  username: 'builder',
  password: 'password',
};

/** Each connection with its scheme, its type and its parameters. */
const connections = {
  secret: { ...principal, scheme: 'ServicePrincipal', serviceprincipalkey: 'secret' },
  noScheme: { ...principal, serviceprincipalkey: 'secret' },
  certificate: {
    ...principal,
    scheme: 'ServicePrincipal',
    authenticationType: 'spnCertificate',
    servicePrincipalCertificate: 'pem',
  },
  federated: { ...principal, scheme: 'WorkloadIdentityFederation' },
  managed: { ...principal, scheme: 'ManagedServiceIdentity' },
  withId: { ...principal, scheme: 'ManagedServiceIdentity', registryId },
  withScope: { ...principal, scheme: 'ManagedServiceIdentity', registryId: '', scope: registryId },
  withoutId: {
    ...principal,
    scheme: 'ManagedServiceIdentity',
    registryId: registryId.replace('/images/', '//'),
    scope: '/subscriptions/0000',
  },
  account,
  hub: { ...account, registrytype: 'DockerHub', registry: 'https://index.docker.io/v1/' },
  resourceManager: { scheme: 'ServicePrincipal', serviceprincipalid: 'client' },
  noPassword: { ...account, password: '' },
  foreignScheme: { ...principal, scheme: 'Token' },
  noRegistry: { ...account, registry: 'https://user:x@contoso' },
} as const;

const masked: string[] = [];
let folder: string;
let read: (id: keyof typeof connections) => RegistryConnection;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'connections-'));
  process.env.AGENT_TEMPDIRECTORY = folder;
  process.env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN = 'token';
  for (const [id, { scheme, registrytype, registryId: resource, ...parameters }] of Object.entries<
    Readonly<Record<string, string>>
  >(connections)) {
    if (scheme !== undefined) process.env[`ENDPOINT_AUTH_SCHEME_${id}`] = scheme;
    if (registrytype !== undefined) process.env[`ENDPOINT_DATA_${id}_REGISTRYTYPE`] = registrytype;
    if (resource !== undefined) process.env[`ENDPOINT_DATA_${id}_REGISTRYID`] = resource;
    for (const [name, value] of Object.entries(parameters)) {
      process.env[`ENDPOINT_AUTH_PARAMETER_${id}_${name.toUpperCase()}`] = value;
    }
  }
  // task-lib takes them out of the environment as soon as it is loaded, and tells of each.
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const { readRegistryConnection } =
    await import('../../src/hosts/pipelines/service-connection.js');
  stdout.mockRestore();
  const environment: Environment = { SYSTEM_OIDCREQUESTURI: 'https://dev.azure.com/oidc' };
  read = (id) => readRegistryConnection(id, { mask: (text) => masked.push(text) }, environment);
});

afterAll(() => rm(folder, { recursive: true }));

describe('a Docker Registry service connection', () => {
  const client = { tenantId: 'tenant', clientId: 'client' };

  it.each([
    ['secret', { kind: 'secret', ...client, clientSecret: 'secret' }, 'secret'],
    ['noScheme', { kind: 'secret', ...client, clientSecret: 'secret' }, 'secret'],
    ['certificate', { kind: 'certificate', ...client, certificate: 'pem' }, 'pem'],
    [
      'federated',
      {
        kind: 'pipelines',
        ...client,
        serviceConnectionId: 'federated',
        accessToken: 'token',
        oidcRequestUri: 'https://dev.azure.com/oidc',
      },
      'token',
    ],
    ['managed', { kind: 'managed-identity' }, undefined],
    ['account', { kind: 'password', username: 'builder', password: 'password' }, 'password'],
  ] as const)('names its registry and how to log in to it (%s)', (id, login, hidden) => {
    masked.length = 0;
    expect(read(id)).toEqual({ registry: 'contoso.azurecr.io', login });
    if (hidden !== undefined) expect(masked).toContain(hidden);
  });

  it.each([
    ['withId', registryId],
    ['withScope', registryId],
    ['withoutId', undefined],
  ] as const)('tells the resource ID of its registry, where it is one (%s)', (id, expected) => {
    expect(read(id).registryId).toBe(expected);
  });

  it('to Docker Hub has the name of images there', () => {
    expect(read('hub').registry).toBe('docker.io');
  });

  it.each([
    ['resourceManager', 'CREDENTIAL_MISSING', /has no "registry"/, /type Docker Registry/],
    ['noPassword', 'CREDENTIAL_MISSING', /has no "password"/, /type Docker Registry/],
    ['foreignScheme', 'CREDENTIAL_INVALID', /the scheme "Token"/, /type Docker Registry/],
    ['noRegistry', 'INPUT_INVALID', /is not a registry host/, /such as/],
  ] as const)('that cannot be used is rejected (%s)', (id, code, message, remedy) => {
    const expected = {
      code,
      message: expect.stringMatching(message) as string,
      remedy: expect.stringMatching(remedy) as string,
    };
    expect(() => read(id)).toThrow(expect.objectContaining(expected) as Error);
  });
});
