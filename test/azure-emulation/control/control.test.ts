import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { send } from '../https.js';
import { refusalOf, vaultFor } from '../key-vault/vault-client.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';

let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
beforeEach(() => loopback.control.clearRequests());
afterAll(() => loopback.close());

describe('the request log', () => {
  it('names who asked what, and holds no secret', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Secrets User');
    await loopback.control.setSecret({ vault: vault.name, name: 's', value: 'top secret' });
    await vault.secrets.getSecret('s');
    const requests = await loopback.control.requests();
    expect(requests).toMatchObject([
      { host: `${vault.name}.vault.azure.net`, method: 'GET', status: 401, caller: null },
      { host: 'login.microsoftonline.com', method: 'POST', status: 200 },
      { path: '/secrets/s/', status: 200, caller: vault.principal.clientId },
    ]);
    const text = JSON.stringify(requests);
    expect(text).not.toContain(vault.principal.clientSecret);
    expect(text).not.toContain('top secret');
  });

  it('leaves out the value of a query field that may be a secret', async () => {
    const url = 'https://login.microsoftonline.com/x?client_secret=abc&b=1';
    await send(loopback, 'GET', url);
    const [request] = await loopback.control.requests();
    expect(request?.query).toBe('client_secret=***&b=1');
  });
});

describe('a failure on order', () => {
  it('hits as often as asked, and only what matches', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    await loopback.control.createKey({ vault: vault.name, name: 'release', kty: 'EC' });
    await loopback.control.failNext({
      target: 'vault\\.azure\\.net/keys/release',
      status: 429,
      headers: { 'retry-after': '0' },
      body: { error: { code: 'Throttled', message: 'too many requests' } },
      times: 2,
    });
    expect((await vault.keys.getKey('release')).name).toBe('release');
    const statuses = (await loopback.control.requests())
      .filter(({ path }) => path.startsWith('/keys'))
      .map(({ status }) => status);
    expect(statuses).toEqual([429, 429, 401, 200]);
  });

  it('may cut the connection, and may be taken back', async () => {
    const { tenantId } = await loopback.control.describe();
    const url = `https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`;
    await loopback.control.failNext({ target: 'discovery', method: 'GET', reset: true });
    await expect(send(loopback, 'GET', url)).rejects.toThrow(/socket|ECONNRESET/);
    await loopback.control.failNext({ target: 'discovery' });
    await loopback.control.clearFaults();
    expect((await send(loopback, 'GET', url)).status).toBe(200);
  });
});

describe('the clock', () => {
  it('moves the validity of keys', async () => {
    const vault = await vaultFor(loopback, 'Key Vault Crypto User');
    const expires = Math.floor(Date.now() / 1000) + 1800;
    const { kid } = await loopback.control.createKey({
      vault: vault.name,
      name: 'release',
      kty: 'EC',
      expires,
    });
    const digest = Buffer.alloc(32, 1);
    const client = vault.crypto(kid);
    expect((await client.sign('ES256', digest)).result).toHaveLength(64);
    await loopback.control.setClockOffset(2_000_000);
    try {
      expect(await refusalOf(client.sign('ES256', digest))).toMatchObject({ inner: 'KeyExpired' });
    } finally {
      await loopback.control.setClockOffset(0);
    }
  });
});

describe('the control', () => {
  it('takes and returns JSON only', async () => {
    const { control } = loopback;
    const made = [
      await control.createTenant(),
      await control.createServicePrincipal(),
      await control.createRegistry({ name: 'jsononly' }),
      await control.createVault({ name: 'jsononly' }),
      await control.createKey({ vault: 'jsononly', name: 'k', kty: 'EC' }),
      await control.setSecret({ vault: 'jsononly', name: 's', value: 'v' }),
      await control.createCertificate({ vault: 'jsononly', name: 'c' }),
      await control.createGitHubOidc({ subject: 'repo:a/b:ref:refs/heads/main' }),
      await control.createServiceConnection({ name: 'a/b/c' }),
      await control.describe(),
    ];
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });
});

describe('hosts', () => {
  it('are ours, or are left to others', () => {
    const { emulator } = loopback;
    const known = ['login.microsoftonline.com', 'management.azure.com', 'dev.azure.com'];
    expect(known.every((host) => emulator.knows(host))).toBe(true);
    expect(emulator.knows('registry-1.docker.io')).toBe(false);
    expect(emulator.knows('login.microsoftonline.com.example.org')).toBe(false);
  });
});
