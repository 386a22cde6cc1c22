import { ClientSecretCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { claimsOf, send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';

const vaultScope = 'https://vault.azure.net/.default';
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

function credential(tenantId: string, clientId: string, secret: string): ClientSecretCredential {
  return new ClientSecretCredential(tenantId, clientId, secret, { agent: loopback.agent });
}

async function refusalOf(tenantId: string, clientId: string, secret: string): Promise<string> {
  const failed = credential(tenantId, clientId, secret).getToken(vaultScope);
  return failed.then(
    () => 'no refusal',
    (error: unknown) => String(error),
  );
}

describe('a service principal with a secret', () => {
  it('gets an access token for the resource it names', async () => {
    const { tenantId, clientId, objectId, clientSecret } =
      await loopback.control.createServicePrincipal();
    const { token, expiresOnTimestamp } = await credential(
      tenantId,
      clientId,
      clientSecret,
    ).getToken(vaultScope);
    expect(claimsOf(token)).toMatchObject({
      aud: 'https://vault.azure.net',
      iss: `https://sts.windows.net/${tenantId}/`,
      tid: tenantId,
      appid: clientId,
      oid: objectId,
    });
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_000_000);
  });

  it('may hold a second secret', async () => {
    const { tenantId, clientId } = await loopback.control.createServicePrincipal();
    const { clientSecret } = await loopback.control.addClientSecret(clientId);
    const { token } = await credential(tenantId, clientId, clientSecret).getToken(vaultScope);
    expect(claimsOf(token).appid).toBe(clientId);
  });

  it('is refused with a wrong secret (7000215)', async () => {
    const { tenantId, clientId } = await loopback.control.createServicePrincipal();
    expect(await refusalOf(tenantId, clientId, 'wrong')).toMatch(/AADSTS7000215:/);
  });

  it('is refused with an expired secret (7000222)', async () => {
    const { tenantId, clientId, clientSecret } = await loopback.control.createServicePrincipal();
    await loopback.control.expireSecrets(clientId);
    expect(await refusalOf(tenantId, clientId, clientSecret)).toMatch(/AADSTS7000222:/);
  });

  it('is refused when the application is unknown (700016)', async () => {
    const { tenantId } = await loopback.control.createServicePrincipal();
    const unknownClient = '11111111-2222-3333-4444-555555555555';
    expect(await refusalOf(tenantId, unknownClient, 'any')).toMatch(/AADSTS700016:/);
  });

  it('is refused when the application lives in another tenant (700016)', async () => {
    const { clientId, clientSecret } = await loopback.control.createServicePrincipal();
    const { tenantId } = await loopback.control.createTenant();
    expect(await refusalOf(tenantId, clientId, clientSecret)).toMatch(/AADSTS700016:/);
  });

  it('is refused when the application is disabled (7000112)', async () => {
    const { tenantId, clientId, clientSecret } = await loopback.control.createServicePrincipal();
    await loopback.control.setApplicationEnabled(clientId, false);
    expect(await refusalOf(tenantId, clientId, clientSecret)).toMatch(/AADSTS7000112:/);
  });

  it('is refused when the tenant cannot exist (900023)', async () => {
    const { clientId, clientSecret } = await loopback.control.createServicePrincipal();
    expect(await refusalOf('contoso', clientId, clientSecret)).toMatch(/AADSTS900023:/);
  });

  it('is refused when the tenant is unknown (90002)', async () => {
    const { clientId, clientSecret } = await loopback.control.createServicePrincipal();
    const nowhere = '99999999-2222-3333-4444-555555555555';
    expect(await refusalOf(nowhere, clientId, clientSecret)).toMatch(/AADSTS90002:/);
  });
});

describe('a sovereign cloud', () => {
  it('serves its own tenants at its own authority', async () => {
    const { tenantId } = await loopback.control.createTenant({ cloud: 'usgov' });
    const { clientId, clientSecret } = await loopback.control.createServicePrincipal({ tenantId });
    const government = new ClientSecretCredential(tenantId, clientId, clientSecret, {
      agent: loopback.agent,
      authorityHost: 'https://login.microsoftonline.us',
    });
    const { token } = await government.getToken('https://vault.usgovcloudapi.net/.default');
    expect(claimsOf(token).aud).toBe('https://vault.usgovcloudapi.net');
    expect(await refusalOf(tenantId, clientId, clientSecret)).toMatch(/AADSTS90002:/);
  });
});

describe('the token endpoint', () => {
  it.each([
    ['no scope', { scope: '' }, 400, 900144],
    ['a scope without /.default', { scope: 'https://vault.azure.net' }, 400, 1002012],
    ['an unknown resource', { scope: 'https://example.org/.default' }, 400, 500011],
    ['another grant', { grant_type: 'authorization_code' }, 400, 7000110],
    ['no credential', { client_secret: undefined }, 401, 7000216],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 7000215],
  ])('answers a request with %s by its code and status', async (_, change, status, code) => {
    const { tenantId, clientId, clientSecret } = await loopback.control.createServicePrincipal();
    const fields = {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      scope: vaultScope,
      ...change,
    };
    const body = Object.fromEntries(
      Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined),
    );
    const url = `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`;
    const reply = await send(loopback, 'POST', url, { body });
    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ error_codes: [code] });
    expect(JSON.stringify(reply.body)).not.toContain(clientSecret);
  });
});
