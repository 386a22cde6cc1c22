/** Every pair of inputs that say who the run is, and what surrounds them: what goes together, and what does not. */
import { describe, expect, it } from 'vitest';
import type { HostIdentity } from '../../../src/access/index.js';
import { collectProblems, readInputs } from '../../../src/commands/index.js';
import { checkIdentity } from '../../../src/commands/inputs/check-identity.js';
import { identityInputs, registryLoginInputs } from '../../../src/commands/inputs/identity.js';
import { withConnectedRegistry } from '../../../src/commands/inputs/registry-connection.js';
import type { Read } from '../../../src/commands/inputs/read.js';

const id = '11111111-2222-3333-4444-555555555555';
const otherId = 'aaaaaaaa-2222-3333-4444-555555555555';

/** An input for each, in the order of the table of pairs. */
const texts = {
  'azure-subscription': 'contoso',
  'container-registry': 'contoso',
  'registry-login': 'existing',
  'client-id': id,
  'managed-identity': 'system',
  'tenant-id': id,
  'client-secret': 'secret',
  'client-certificate': 'principal.pem',
  'client-certificate-password': 'password',
  cloud: 'AzureUSGovernment',
} as const;
type Name = keyof typeof texts;
const names = Object.keys(texts) as Name[];

const usGovernment = {
  identity: { kind: 'managed-identity' },
  cloud: 'AzureUSGovernment',
} as const;
const ofRegistry = {
  registry: 'contoso.azurecr.us',
  login: { kind: 'managed-identity' },
} as const;

/** What is in conflict: the input that is told, with the words for it. */
function conflicts(
  given: Readonly<Partial<Record<Name, string>>>,
  environment: Readonly<Record<string, string>> = {},
  host: HostIdentity = {},
): readonly string[] {
  const all: Readonly<Record<string, string | undefined>> = {
    ...given,
    registry: 'contoso.azurecr.us',
  };
  const problems = collectProblems((name) => name);
  const values = readInputs('push', 'task', (name) => all[name] ?? '', problems);
  const connected = {
    ...(given['azure-subscription'] !== undefined && { serviceConnection: usGovernment }),
    ...(given['container-registry'] !== undefined && { registryConnection: ofRegistry }),
    ...host,
  };
  withConnectedRegistry(values, connected.registryConnection, problems);
  const read = { ...problems, values, workingDirectory: '/agent', environment };
  checkIdentity(read as unknown as Read<typeof identityInputs>, connected);
  return problems.problems
    .filter(({ code }) => code === 'INPUT_CONFLICT')
    .map(({ input, problem, remedy }) => `${input} ${problem}. ${remedy ?? ''}`);
}

/** The pairs that are errors, each naming both. */
const apart: readonly (readonly [Name, Name])[] = [
  ['azure-subscription', 'client-id'],
  ['azure-subscription', 'managed-identity'],
  ['azure-subscription', 'tenant-id'],
  ['azure-subscription', 'client-secret'],
  ['azure-subscription', 'client-certificate'],
  ['azure-subscription', 'client-certificate-password'],
  ['container-registry', 'registry-login'],
  ['client-id', 'managed-identity'],
  ['managed-identity', 'tenant-id'],
  ['managed-identity', 'client-secret'],
  ['managed-identity', 'client-certificate'],
  ['managed-identity', 'client-certificate-password'],
  ['client-secret', 'client-certificate'],
  ['client-secret', 'client-certificate-password'],
];

const pairs = names.flatMap((one, index) =>
  names.slice(index + 1).map((other) => [one, other] as const),
);

describe('two inputs that say who the run is', () => {
  it('are all of them in these tables', () => {
    const declared = Object.keys({ ...identityInputs, ...registryLoginInputs });
    expect([...names].sort()).toEqual(declared.sort());
  });

  it.each(apart)('"%s" and "%s" are an error that names both', (one, other) => {
    const found = conflicts({ [one]: texts[one], [other]: texts[other] });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(one);
    expect(found[0]).toContain(other);
  });

  it.each(pairs.filter((pair) => !apart.some((known) => String(known) === String(pair))))(
    '"%s" and "%s" go together',
    (one, other) => {
      const given = { [one]: texts[one], [other]: texts[other] };
      // A password is of a certificate, whatever else is given.
      const isBare = 'client-certificate-password' in given && !('client-certificate' in given);
      const expected = isBare ? [expect.stringContaining('"client-certificate" is not')] : [];
      expect(conflicts(given)).toEqual(expected);
    },
  );
});

describe('an input and what surrounds it', () => {
  const client = { 'client-id': id };
  const tenant = { 'tenant-id': id };
  const secret = { ...client, ...tenant, 'client-secret': 'secret' };

  it.each([
    [client, { AZURE_CLIENT_ID: otherId }, /^client-id is 1{8}.*AZURE_CLIENT_ID is a{8}.*unset/],
    [tenant, { AZURE_TENANT_ID: otherId }, /^tenant-id is 1{8}.*AZURE_TENANT_ID is a{8}.*unset/],
    [
      { cloud: 'AzureCloud' },
      { AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn/' },
      /^cloud is AzureCloud.*AZURE_AUTHORITY_HOST is https:\/\/login\.chinacloudapi\.cn\//,
    ],
  ])('%o does not go with %o', (given, environment, message) => {
    const found = conflicts(given, environment);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it('is not of another cloud than the service connection', () => {
    const given = { 'azure-subscription': 'contoso', cloud: 'AzureCloud' };
    expect(conflicts(given)).toEqual([
      expect.stringMatching(/^cloud is AzureCloud, and .*"azure-subscription" is of AzureUSGov/),
    ]);
    const elsewhere = { serviceConnection: { ...usGovernment, cloud: 'AzureStack' } };
    expect(conflicts(given, {}, elsewhere)).toEqual([]);
  });

  const others = {
    AZURE_CLIENT_ID: otherId,
    AZURE_TENANT_ID: otherId,
    AZURE_CLIENT_SECRET: 'other',
    AZURE_FEDERATED_TOKEN_FILE: '/token',
    AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
  };

  it.each([
    ['a secret', secret],
    ['a certificate', { ...client, ...tenant, 'client-certificate': 'principal.pem' }],
    ['the token of a workflow', { ...client, ...tenant }],
    ['a managed identity', { 'managed-identity': 'system' }],
    ['a service connection', { 'azure-subscription': 'contoso', cloud: 'AzureUSGovernment' }],
    [
      'the connection of a registry',
      { 'container-registry': 'contoso', cloud: 'AzureUSGovernment' },
    ],
    ['nothing', {}],
  ])('goes with variables that are not read beside it: %s', (_, given) => {
    expect(conflicts(given, others)).toEqual([]);
  });

  it.each([
    [client, { AZURE_CLIENT_ID: id.toUpperCase() }],
    [tenant, { AZURE_TENANT_ID: 'contoso.onmicrosoft.com' }],
    [tenant, { AZURE_TENANT_ID: '' }],
    [{ cloud: 'AzureChinaCloud' }, { AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn' }],
    [{ cloud: 'AzureCloud' }, { AZURE_AUTHORITY_HOST: 'https://login.contoso.local/' }],
  ])('%o may say the same as %o', (given, environment) => {
    expect(conflicts(given, environment)).toEqual([]);
  });
});
