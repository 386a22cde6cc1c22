import { createHash } from 'node:crypto';

import { ClientSecretCredential } from '@azure/identity';
import { CryptographyClient, KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { refusalOf, vaultFor } from './vault-client.js';

const digest = createHash('sha256').update('x').digest();
const forbidden = { status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' };
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

describe('a vault asks for a role', () => {
  it('and lets a Crypto User read and sign, but not create', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const { kid } = await loopback.control.createKey({
      vault: vault.name,
      name: 'release',
      kty: 'EC',
    });
    expect((await vault.keys.getKey('release')).id).toBe(kid);
    expect((await vault.crypto(kid).sign('ES256', digest)).result).toHaveLength(64);
    expect(await refusalOf(vault.keys.createEcKey('another'))).toEqual(forbidden);
    expect(await refusalOf(vault.secrets.getSecret('release'))).toEqual(forbidden);
  });

  it('on all of it, or on a single key', async () => {
    const vault = await vaultFor(loopback);
    for (const name of ['one', 'two']) {
      await loopback.control.createKey({ vault: vault.name, name, kty: 'EC' });
    }
    await loopback.control.assignRole({
      principalId: vault.principal.objectId,
      role: 'Key Vault Crypto User',
      scope: `${vault.id}/keys/one`,
    });
    expect((await vault.keys.getKey('one')).name).toBe('one');
    expect(await refusalOf(vault.keys.getKey('two'))).toEqual(forbidden);
  });

  it('and names caller, action and resource when there is none', async () => {
    const vault = await vaultFor(loopback);
    await loopback.control.createKey({ vault: vault.name, name: 'release', kty: 'EC' });
    const failed = vault.keys.getKey('release');
    const { clientId, objectId, tenantId } = vault.principal;
    await expect(failed).rejects.toThrow(
      `Caller: appid=${clientId};oid=${objectId};iss=https://sts.windows.net/${tenantId}/`,
    );
    await expect(failed).rejects.toThrow(/Action: 'Microsoft.KeyVault\/vaults\/keys\/read'/);
  });

  it.each(['Owner', 'Contributor', 'Reader', 'AcrPush'])(
    'and %s, without data actions, is none',
    async (role) => {
      const vault = await vaultFor(loopback, role);
      await loopback.control.createKey({ vault: vault.name, name: 'release', kty: 'EC' });
      expect(await refusalOf(vault.keys.getKey('release'))).toEqual(forbidden);
    },
  );

  it('and lets a Secrets User read a secret, but not set one', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Secrets User');
    await loopback.control.setSecret({ vault: vault.name, name: 'root', value: 'v' });
    expect((await vault.secrets.getSecret('root')).value).toBe('v');
    expect(await refusalOf(vault.secrets.setSecret('root', 'w'))).toEqual(forbidden);
  });
});

describe('a vault with access policies', () => {
  it('goes by them, and by no role', async () => {
    const { control, agent } = loopback;
    const { credential, principal } = await vaultFor(loopback);
    const { vaultUrl, id } = await control.createVault({ name: 'policies', accessPolicies: true });
    const { kid } = await control.createKey({ vault: 'policies', name: 'release', kty: 'EC' });
    const role = { principalId: principal.objectId, role: 'Key Vault Administrator', scope: id };
    await control.assignRole(role);
    const keys = new KeyClient(vaultUrl, credential, { agent });
    const denied = { status: 403, code: 'Forbidden', inner: 'AccessDenied' };
    expect(await refusalOf(keys.getKey('release'))).toEqual(denied);
    const policy = { vault: 'policies', principalId: principal.objectId };
    await control.setAccessPolicy({ ...policy, keys: ['get'] });
    expect((await keys.getKey('release')).id).toBe(kid);
    const sign = () => new CryptographyClient(kid, credential, { agent }).sign('ES256', digest);
    expect(await refusalOf(sign())).toEqual(denied);
    await control.setAccessPolicy({ ...policy, keys: ['get', 'sign'] });
    expect((await sign()).result).toHaveLength(64);
  });
});

describe('a vault asks for a token', () => {
  const url = 'https://vaultx.vault.azure.net/keys/release?api%2Dversion=2025-07-01';

  it('by a challenge that names authority and resource', async () => {
    const { control } = loopback;
    await control.createVault({ name: 'vaultx' });
    const { tenantId } = await control.describe();
    const reply = await send(loopback, 'GET', url);
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toBe(
      `Bearer authorization="https://login.microsoftonline.com/${tenantId}", ` +
        'resource="https://vault.azure.net"',
    );
    expect(reply.body).toMatchObject({ error: { code: 'Unauthorized' } });
  });

  it('meant for vaults, and not for the registry', async () => {
    const { tenantId, clientId, clientSecret } = await loopback.control.createServicePrincipal();
    const { agent } = loopback;
    const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, { agent });
    const { token } = await credential.getToken('https://containerregistry.azure.net/.default');
    const headers = { authorization: `Bearer ${token}` };
    const reply = await send(loopback, 'GET', url, { headers });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it('that has not expired', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const { token } = await vault.credential.getToken('https://vault.azure.net/.default');
    const headers = { authorization: `Bearer ${token}` };
    const target = `${vault.vaultUrl}/keys?api-version=7.6`;
    expect((await send(loopback, 'GET', target, { headers })).status).toBe(200);
    await loopback.control.setClockOffset(2 * 3_600_000);
    try {
      expect((await send(loopback, 'GET', target, { headers })).status).toBe(401);
    } finally {
      await loopback.control.setClockOffset(0);
    }
  });

  it('of its own tenant', async () => {
    const vault = await vaultFor(loopback);
    const { control, agent } = loopback;
    const { tenantId } = await control.createTenant();
    const { clientId, clientSecret } = await control.createServicePrincipal({ tenantId });
    const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, { agent });
    const { token } = await credential.getToken('https://vault.azure.net/.default');
    const headers = { authorization: `Bearer ${token}` };
    const target = `${vault.vaultUrl}/keys?api-version=7.6`;
    expect((await send(loopback, 'GET', target, { headers })).status).toBe(401);
  });
});

describe('a vault in China', () => {
  it('works through its own authority and suffix', async () => {
    const { control, agent } = loopback;
    const { tenantId } = await control.createTenant({ cloud: 'china' });
    const sp = await control.createServicePrincipal({ tenantId });
    const { vaultUrl, id } = await control.createVault({ name: 'beijing', tenantId });
    expect(vaultUrl).toBe('https://beijing.vault.azure.cn');
    const role = 'Key Vault Administrator';
    await control.assignRole({ principalId: sp.objectId, role, scope: id });
    const credential = new ClientSecretCredential(tenantId, sp.clientId, sp.clientSecret, {
      agent,
      authorityHost: 'https://login.chinacloudapi.cn',
    });
    const key = await new KeyClient(vaultUrl, credential, { agent }).createEcKey('k');
    expect(key.properties.vaultUrl).toBe(vaultUrl);
  });
});

describe('a vault that does not exist', () => {
  it('cannot be reached', async () => {
    const { credential } = await vaultFor(loopback);
    const { agent } = loopback;
    const client = new SecretClient('https://nowhere.vault.azure.net', credential, {
      agent,
      retryOptions: { maxRetries: 0 },
    });
    await expect(client.getSecret('x')).rejects.toThrow(/socket|ECONNRESET|disconnected/i);
    expect(loopback.emulator.knows('nowhere.vault.azure.net')).toBe(false);
    expect(loopback.emulator.knows('vaultx.vault.azure.net')).toBe(true);
  });
});
