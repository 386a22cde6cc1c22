/** Runs with a Docker Registry service connection: what it logs in to, and what it does not go with. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAccess, type RegistryConnection } from '../../src/access/index.js';
import type { CommandName } from '../../src/commands/index.js';
import type { HostContext } from '../../src/commands/context.js';
import type { HttpRequest } from '../../src/http/index.js';
import {
  host,
  reply,
  startRegistryScenario,
  type RegistryScenario,
} from '../commands/support/registry-scenario.js';

const repository = 'team/app';
const account: RegistryConnection = {
  registry: host,
  login: { kind: 'password', username: 'builder', password: 'p4ssw0rd' },
};
const clientId = '11111111-2222-3333-4444-555555555555';
const tenantId = '66666666-7777-8888-9999-000000000000';
const principal: RegistryConnection = {
  registry: host,
  login: { kind: 'secret', clientId, tenantId, clientSecret: 's3cr3t' },
};

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
  scenario.push(repository, ['1']);
});
afterAll(() => scenario.close());

function runWith(
  registryConnection: RegistryConnection,
  command: CommandName,
  inputs: Readonly<Record<string, string>>,
) {
  return scenario.run(
    command,
    { 'registry-login': '', ...inputs },
    { host: () => ({ identity: () => ({ registryConnection }) }) },
  );
}

describe('a Docker Registry service connection', () => {
  it('names the registry, and its user name logs in there', async () => {
    const asked: HttpRequest[] = [];
    scenario.answerWith((request) => {
      asked.push(request);
      return undefined;
    });
    const ran = await runWith(account, 'sign', { repository, tags: '1' });
    expect(ran.failure).toBeUndefined();
    expect(scenario.isSigned(repository, '1')).toBe(true);
    expect(ran.lines.join('\n')).toContain("with the service connection's login of builder");
    const tokens = asked.filter(({ url }) => new URL(url).pathname === '/oauth2/token');
    const basic = `Basic ${Buffer.from('builder:p4ssw0rd').toString('base64')}`;
    expect(new Set(tokens.map(({ headers }) => headers?.Authorization))).toEqual(new Set([basic]));
  });

  it.each([
    ['another registry', 'sign', { registry: 'other.azurecr.io', repository, tags: '1' }],
    ['images of another registry', 'verify', { images: 'other.azurecr.io/app:1' }],
  ] as const)('does not go with %s', async (_, command, inputs) => {
    const { failure } = await runWith(account, command, inputs);
    expect(failure?.code).toBe('INPUT_CONFLICT');
    expect(failure?.message).toMatch(/"container-registry" is a connection to/);
  });

  it("does not go with Docker's own login", async () => {
    const inputs = { repository, tags: '1', 'registry-login': 'existing' };
    const { failure } = await runWith(account, 'sign', inputs);
    expect(failure?.code).toBe('INPUT_CONFLICT');
    expect(failure?.message).toContain('"container-registry" is set');
  });

  it.each([
    ['sign', { images: `${host}/${repository}:1` }],
    ['verify', { images: `${host}/${repository}:1\nother.azurecr.io/app:1` }],
    ['promote', { registry: 'other.azurecr.io', repository, source: `${host}/${repository}:1` }],
    ['sign', { registry: `${host.toUpperCase()}:443`, repository, tags: '1' }],
    ['migrate', { images: `${host}/team/*`, 'dry-run': 'true' }],
  ] as const)('goes with its registry among others: %s %j', async (command, inputs) => {
    const { failure } = await runWith(account, command, inputs);
    expect(failure?.code).not.toBe('INPUT_CONFLICT');
  });
});

/** Whom Entra ID is asked to sign in when the registry is logged in to, and for the vault. */
async function signInsOf(
  registryConnection: RegistryConnection,
  serviceConnection?: HostContext['identity']['serviceConnection'],
) {
  const clients: string[] = [];
  scenario.answerWith((request) => {
    const { pathname } = new URL(request.url);
    if (pathname.endsWith('/oauth2/v2.0/token')) {
      clients.push(new URLSearchParams(String(request.body)).get('client_id') ?? '');
      const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'h.p.s' };
      return Promise.resolve(reply(200, JSON.stringify(token)));
    }
    return pathname === '/oauth2/exchange'
      ? Promise.resolve(reply(200, JSON.stringify({ refresh_token: 'h.p.s' })))
      : undefined;
  });
  const run = async (_command: string, _values: object, context: HostContext): Promise<void> => {
    const access = createAccess({ cloud: 'auto', registryLogin: 'azure', principal: {} }, context);
    const session = await access.session({ registry: host, trustServer: `https://${host}` });
    await session.credential.getToken('https://vault.azure.net/.default');
  };
  const identity = { registryConnection, ...(serviceConnection && { serviceConnection }) };
  const { failure } = await scenario.run(
    'sign',
    { 'registry-login': '', repository, tags: '1' },
    { host: () => ({ identity: () => identity }), run },
  );
  return { clients, failure };
}

describe('the principal of a Docker Registry service connection', () => {
  it('serves registry and vault', async () => {
    const { clients, failure } = await signInsOf(principal);
    expect(failure).toBeUndefined();
    expect(clients).toEqual([clientId, clientId]);
  });

  it('serves the registry alone where another is for the vault', async () => {
    const other = 'aaaaaaaa-2222-3333-4444-555555555555';
    const { clients, failure } = await signInsOf(principal, {
      identity: { kind: 'secret', clientId: other, tenantId, clientSecret: 'other' },
    });
    expect(failure).toBeUndefined();
    expect(clients).toEqual([clientId, other]);
  });

  it('is needed for a vault beside a user name, and the error says what to add', async () => {
    // Of DefaultAzureCredential's sources the one that this machine cannot have.
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'WorkloadIdentityCredential');
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', undefined);
    const { clients, failure } = await signInsOf(account);
    vi.unstubAllEnvs();
    expect(clients).toEqual([]);
    expect(failure?.code).toBe('CREDENTIAL_MISSING');
    expect(failure?.remedy).toMatch(/are for contoso\.azurecr\.io alone\. Set azure-subscription/);
  });
});

describe('a login that is begun before it is needed', () => {
  it('is the one that is needed, and is logged then', async () => {
    let exchanges = 0;
    scenario.answerWith((request) => {
      const { pathname } = new URL(request.url);
      if (pathname === '/oauth2/exchange') exchanges += 1;
      const token = { token_type: 'Bearer', expires_in: 3599, access_token: 'h.p.s' };
      return Promise.resolve(reply(200, JSON.stringify({ ...token, refresh_token: 'h.p.s' })));
    });
    const lines: string[] = [];
    const run = async (_command: string, _values: object, context: HostContext): Promise<void> => {
      const log = { ...context.log, info: (line: string) => lines.push(line) };
      const access = createAccess(
        { cloud: 'auto', registryLogin: 'azure', principal: {} },
        { ...context, log },
      );
      access.beginSession(host);
      await vi.waitFor(() => {
        expect(exchanges).toBe(1);
      });
      expect(lines).toEqual([]);
      const place = { registry: host, trustServer: `https://${host}` };
      await Promise.all([access.session(place), access.session(place)]);
    };
    const identity = { registryConnection: principal };
    const { failure } = await scenario.run(
      'sign',
      { 'registry-login': '', repository, tags: '1' },
      { host: () => ({ identity: () => identity }), run },
    );
    expect(failure).toBeUndefined();
    expect(exchanges).toBe(1);
    expect(lines).toEqual([expect.stringContaining(`${host}  as `)]);
  });
});
