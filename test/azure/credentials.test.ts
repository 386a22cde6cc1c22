import { KeyClient } from '@azure/keyvault-keys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { clouds, createCredential } from '../../src/azure/index.js';
import type { Identity } from '../../src/azure/index.js';
import type { TrustError } from '../../src/errors.js';
import type { HttpClient } from '../../src/http/index.js';
import type { ServicePrincipal } from '../azure-emulation/index.js';
import { fakeHttp, rejection } from '../registry/fake-http.js';
import { startAzure } from './emulated-azure.js';
import type { EmulatedAzure } from './emulated-azure.js';

const scope = 'https://containerregistry.azure.net/.default';
const unknownGuid = '00000000-1111-2222-3333-444444444444';

let azure: EmulatedAzure;
let principal: ServicePrincipal;

beforeAll(async () => {
  azure = await startAzure();
  principal = await azure.control.createServicePrincipal();
});

afterAll(async () => {
  await azure.close();
});

beforeEach(async () => {
  azure.masked.length = 0;
  azure.loopback.requests.length = 0;
  await azure.control.clearFaults();
});

const credentialOf = (identity: Identity) => createCredential(identity, azure);

const withSecret = (more: object = {}): Identity => {
  const { tenantId, clientId, clientSecret } = principal;
  return { kind: 'secret', tenantId, clientId, clientSecret, ...more };
};

async function refusal(identity: Identity): Promise<TrustError> {
  const error = await rejection(credentialOf(identity).getToken(scope));
  expect(error.message + error.remedy).not.toContain(principal.clientSecret);
  expect(error.cause).toBeUndefined();
  return error;
}

describe('a service principal with a secret', () => {
  it('gets a token, which is masked together with the secret', async () => {
    const token = await credentialOf(withSecret()).getToken(scope);
    expect(azure.masked).toEqual([principal.clientSecret, token?.token]);
    const asked = azure.loopback.requests.map(({ method, host }) => `${method} ${host}`);
    expect(asked).toEqual(['POST login.microsoftonline.com']);
  });

  it('uses a token again for the same scope', async () => {
    const credential = credentialOf(withSecret());
    const first = await credential.getToken(scope);
    expect((await credential.getToken([scope]))?.token).toBe(first?.token);
    expect(azure.loopback.requests).toHaveLength(1);
  });

  it('is rejected with a wrong secret', async () => {
    const error = await refusal(withSecret({ clientSecret: 'wrong' }));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain('AADSTS7000215');
    expect(error.message).toContain(principal.clientId);
    expect(error.remedy).toContain('value of the secret');
  });

  it('is rejected with an expired secret', async () => {
    const { clientSecret } = await azure.control.addClientSecret(principal.clientId, {
      lifetimeSeconds: -10,
    });
    const error = await refusal(withSecret({ clientSecret }));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain('has expired');
  });

  it('is rejected when the application is not in the tenant', async () => {
    const error = await refusal(withSecret({ clientId: unknownGuid }));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain(`no application ${unknownGuid}`);
  });

  it('is told when there is no such tenant', async () => {
    const error = await refusal(withSecret({ tenantId: unknownGuid }));
    expect(error.code).toBe('TENANT_NOT_FOUND');
    expect(error.message).toContain(unknownGuid);
  });

  it('is told that Conditional Access blocks it', async () => {
    await azure.control.failNext({
      target: '/oauth2/v2.0/token',
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'AADSTS53003: Blocked by Conditional Access. Trace ID: t1',
        error_codes: [53003],
      },
    });
    const error = await refusal(withSecret());
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain('AADSTS53003: Blocked by Conditional Access.');
    expect(error.message).not.toContain('Trace');
    expect(error.remedy).toContain('administrator of the tenant');
  });

  it('is explained the same way through the Key Vault SDK', async () => {
    await azure.control.createVault({ name: 'contoso-keys' });
    const credential = credentialOf(withSecret({ clientSecret: 'wrong' }));
    const client = new KeyClient('https://contoso-keys.vault.azure.net', credential);
    const error = await rejection(client.getKey('app'));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
  });

  it.each([
    ['clientId', 'my-app'],
    ['tenantId', 'not a tenant'],
    ['tenantId', '../common'],
  ])('is refused at once with the %s %j', (name, value) => {
    expect(() => credentialOf(withSecret({ [name]: value }))).toThrow(
      expect.objectContaining({ code: 'CREDENTIAL_INVALID' }),
    );
    expect(azure.loopback.requests).toHaveLength(0);
  });

  it('may name its tenant by domain', async () => {
    const { tenantId, domain } = await azure.control.createTenant();
    const other = await azure.control.createServicePrincipal({ tenantId });
    const { clientId, clientSecret } = other;
    const token = await credentialOf(
      withSecret({ tenantId: domain, clientId, clientSecret }),
    ).getToken(scope);
    expect(token?.token).toMatch(/^ey/);
  });

  it('opens a vault of its tenant, named by domain or in capitals', async () => {
    const { tenantId, domain } = await azure.control.createTenant();
    const other = await azure.control.createServicePrincipal({ tenantId });
    await azure.control.createVault({ name: 'domain-keys', tenantId });
    for (const named of [domain, tenantId.toUpperCase()]) {
      const { clientId, clientSecret } = other;
      const credential = credentialOf(withSecret({ tenantId: named, clientId, clientSecret }));
      const client = new KeyClient('https://domain-keys.vault.azure.net', credential);
      // The sign-in succeeded: it is the vault that refuses a principal without a role.
      await expect(client.getKey('app')).rejects.toMatchObject({ statusCode: 403 });
    }
  });

  it('is told when the vault is of another tenant', async () => {
    const { tenantId } = await azure.control.createTenant();
    await azure.control.createVault({ name: 'foreign-keys', tenantId });
    const client = new KeyClient(
      'https://foreign-keys.vault.azure.net',
      credentialOf(withSecret()),
    );
    const error = await rejection(client.getKey('app'));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain(`belongs to tenant ${tenantId}`);
  });

  it('signs in at the authority of its cloud', async () => {
    const { tenantId } = await azure.control.createTenant({ cloud: 'usgov' });
    const { clientId, clientSecret } = await azure.control.createServicePrincipal({ tenantId });
    const identity = withSecret({ tenantId, clientId, clientSecret });
    await createCredential(identity, { ...azure, cloud: clouds.AzureUSGovernment }).getToken(scope);
    expect(azure.loopback.requests.map(({ host }) => host)).toEqual(['login.microsoftonline.us']);
  });
});

describe('a federated identity', () => {
  const issuer = 'https://token.issuer.test';
  const audience = 'api://AzureADTokenExchange';
  let fetched = 0;

  const assertionFor = (subject: string, more: object = {}): Identity => ({
    kind: 'assertion',
    tenantId: principal.tenantId,
    clientId: principal.clientId,
    getAssertion: async () => {
      fetched += 1;
      return (await azure.control.issueFederatedToken({ issuer, subject, ...more })).token;
    },
  });

  beforeAll(async () => {
    const credential = { issuer, subject: 'repo:contoso/app', audience };
    await azure.control.addFederatedCredential(principal.clientId, credential);
  });

  beforeEach(() => {
    fetched = 0;
  });

  it('fetches its assertion once for several tokens, and masks it', async () => {
    const credential = credentialOf(assertionFor('repo:contoso/app'));
    await credential.getToken(scope);
    await credential.getToken('https://vault.azure.net/.default');
    expect(fetched).toBe(1);
    expect(azure.masked.filter((value) => value.split('.').length === 3)).toHaveLength(3);
  });

  it.each([
    ['another subject', 'repo:contoso/fork', {}, '700213'],
    ['another issuer', 'repo:contoso/app', { issuer: 'https://other.test' }, '700211'],
    ['another audience', 'repo:contoso/app', { audience: 'api://other' }, '700212'],
  ])('is refused with %s and told what its token says', async (_what, subject, more, code) => {
    const error = await refusal(assertionFor(subject, more));
    expect(error.code).toBe('FEDERATION_REFUSED');
    expect(error.message).toContain(`AADSTS${code}`);
    expect(error.message).toContain(`subject "${subject}"`);
    expect(error.message).toContain('issuer "https://');
    expect(error.message).toContain('audience "api://');
    expect(error.message).not.toMatch(/ey[\w-]+\.ey/);
  });

  it('without a token to show is missing its credential', async () => {
    const getAssertion = () => Promise.reject(new Error('ACTIONS_ID_TOKEN_REQUEST_URL is not set'));
    const { tenantId, clientId } = principal;
    const error = await rejection(
      credentialOf({ kind: 'assertion', tenantId, clientId, getAssertion }).getToken(scope),
    );
    expect(error.code).toBe('CREDENTIAL_MISSING');
    expect(error.message).toContain('ACTIONS_ID_TOKEN_REQUEST_URL');
    expect(error.remedy).toContain('id-token: write');
    expect(azure.loopback.requests).toHaveLength(0);
  });
});

describe('a service connection of Azure Pipelines', () => {
  const identityOf = async (more: object = {}): Promise<Identity> => {
    const { tenantId, clientId } = principal;
    const name = 'contoso/web/azure';
    const connection = await azure.control.createServiceConnection({ name, clientId });
    const { id: serviceConnectionId, accessToken, oidcRequestUri } = connection;
    const ids = { tenantId, clientId, serviceConnectionId };
    return { kind: 'pipelines', ...ids, accessToken, oidcRequestUri, ...more };
  };

  it('gets one OIDC token for several Entra tokens', async () => {
    const credential = credentialOf(await identityOf());
    await credential.getToken(scope);
    await credential.getToken('https://vault.azure.net/.default');
    const hosts = azure.loopback.requests.map(({ host }) => host);
    expect(hosts.filter((host) => host === 'dev.azure.com')).toHaveLength(1);
  });

  it('that this job may not use is missing its credential, and no token is told', async () => {
    for (const more of [{ accessToken: 'wrong-access' }, { serviceConnectionId: unknownGuid }]) {
      const error = await rejection(credentialOf(await identityOf(more)).getToken(scope));
      expect(error.code).toBe('CREDENTIAL_MISSING');
      expect(error.message).toMatch(/Azure Pipelines answered 40[14]/);
      expect(error.message + error.remedy).not.toContain('wrong-access');
    }
  });

  it('whose token is not trusted is refused with issuer and subject', async () => {
    const { clientId } = await azure.control.createServicePrincipal();
    const error = await rejection(credentialOf(await identityOf({ clientId })).getToken(scope));
    expect(error.code).toBe('FEDERATION_REFUSED');
    expect(error.message).toContain('sc://contoso/web/azure');
  });
});

describe('a managed identity of the machine', () => {
  const resourceId =
    '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/signer';

  // The library asks over the network of the first credential of a process, and keeps tokens by scope.
  const asked: URL[] = [];
  const { http } = fakeHttp((_request, url) => {
    asked.push(url);
    const body = { access_token: 'of-the-machine', expires_in: 3600, token_type: 'Bearer' };
    return { body, headers: { 'content-type': 'application/json' } };
  });

  it.each([
    ['by client ID', { clientId: unknownGuid }, 'client_id', unknownGuid],
    ['by object ID', { objectId: unknownGuid }, 'object_id', unknownGuid],
    ['by resource ID', { resourceId }, 'msi_res_id', resourceId],
  ])('is asked for %s', async (_how, named, parameter, value) => {
    const identity: Identity = { kind: 'managed-identity', ...named };
    const ownScope = `https://${parameter.replaceAll('_', '-')}.test/.default`;
    const token = await createCredential(identity, { ...azure, http }).getToken(ownScope);
    expect(token?.token).toBe('of-the-machine');
    expect(asked.at(-1)?.host).toBe('169.254.169.254');
    expect(asked.at(-1)?.searchParams.get(parameter)).toBe(value);
  });
});

describe('an Entra ID in trouble', () => {
  const target = '/oauth2/v2.0/token';
  const transient = {
    error: 'invalid_request',
    error_description: 'AADSTS90033: A transient error has occurred. Please try again.',
  };

  it.each([
    ['is busy', { status: 429, headers: { 'Retry-After': '0' } }],
    ['is out of order', { status: 503, headers: { 'Retry-After': '0' } }],
    ['answers with nothing', { status: 200 }],
    ['answers with a transient number', { status: 400, body: transient }],
  ])('that once %s is asked again', async (_what, failure) => {
    await azure.control.failNext({ target, ...failure });
    const token = await credentialOf(withSecret()).getToken(scope);
    expect(token?.token).toMatch(/^ey/);
    expect(azure.loopback.requests).toHaveLength(2);
  });

  it('that stalls is asked again', async () => {
    const impatient: HttpClient = (request) => azure.http({ ...request, tryMs: 100 });
    const release = azure.stall(/token/);
    const slow = createCredential(withSecret(), { ...azure, http: impatient });
    const error = await rejection(slow.getToken(scope));
    release();
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toMatch(/does not answer: .* within 0\.1 seconds, in 4 tries$/);
  });

  it('that stalls is named at the deadline of the sign-in', async () => {
    const release = azure.stall(/token/);
    const slow = createCredential(withSecret(), { ...azure, deadlineMs: 400 });
    const error = await rejection(slow.getToken(scope));
    release();
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('returned no token');
    expect(error.message).toContain('within 0.4 seconds');
  });

  it('that stalls does not keep a run that was cancelled', async () => {
    const release = azure.stall(/token/);
    const abortSignal = AbortSignal.timeout(200);
    const error = await rejection(credentialOf(withSecret()).getToken(scope, { abortSignal }));
    release();
    expect(error.code).toBe('INTERRUPTED');
  });
});

describe('an Entra ID out of reach', () => {
  it('by a busy service is named', async () => {
    await azure.control.failNext({
      target: 'login',
      status: 503,
      headers: { 'Retry-After': '0' },
      times: 20,
    });
    const error = await refusal(withSecret());
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('status 503');
  });

  it('by a proxy that refuses is named with the real cause', async () => {
    const other = await startAzure();
    other.loopback.refuseConnect(403);
    const { http, secrets } = other;
    const error = await rejection(
      createCredential(withSecret(), { http, secrets }).getToken(scope),
    );
    await other.close();
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toMatch(
      /the proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) refused to connect to login\.microsoftonline\.com/,
    );
  });

  it('by an unknown certificate authority is named with the way to add it', async () => {
    const other = await startAzure({ trusted: false });
    const { http, secrets } = other;
    const error = await rejection(
      createCredential(withSecret(), { http, secrets }).getToken(scope),
    );
    await other.close();
    expect(error.code).toBe('ENTRA_UNREACHABLE');
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
  });
});
