/** The front: which hosts exist, how failures are ordered, what is remembered of a request. */
import { beforeAll, describe, expect, inject, it } from 'vitest';

import { connectStack, createTestRegistry, uniqueName, type TestRegistry } from './index.js';

const info = inject('stack');
const stack = connectStack(info);
let registry: TestRegistry;

beforeAll(async () => {
  registry = await createTestRegistry(stack);
});

const get = (host: string, path: string) =>
  stack.ask({ host, path, headers: { connection: 'keep-alive' } });

describe('the emulated host names', () => {
  it('keep a connection for as long as the client does', async () => {
    const { status, headers } = await get(registry.loginServer, '/v2/');
    expect(status).toBe(401);
    expect(headers['keep-alive']).toBeUndefined();
  });

  it('challenges as the login server that was asked', async () => {
    const { status, headers } = await get(registry.loginServer, '/v2/app/tags/list');
    const challenge = headers['www-authenticate'];
    expect(status).toBe(401);
    expect(challenge).toContain(`realm="https://${registry.loginServer}/oauth2/token"`);
    expect(challenge).toContain(`service="${registry.loginServer}"`);
    expect(challenge).toContain('scope="repository:app:pull"');
  });

  it('challenges for the whole GUN at trust data', async () => {
    const gun = `${registry.loginServer}/team/app`;
    const path = `/v2/${gun}/_trust/tuf/root.json`;
    const { status, headers } = await get(registry.loginServer, path);
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain(`scope="repository:${gun}:pull"`);
  });

  it('includes vaults that exist, and no others', async () => {
    const name = uniqueName('vault');
    await expect(get(`${name}.vault.azure.net`, '/keys/a')).rejects.toThrow();
    await stack.azure.createVault({ name });
    expect((await get(`${name}.vault.azure.net`, '/keys/a')).status).toBe(401);
  });

  it('includes registries that exist, and no others', async () => {
    await expect(get(`${uniqueName('reg')}.azurecr.io`, '/v2/')).rejects.toThrow();
  });

  it('has nothing of the real internet', async () => {
    const mark = await stack.requestMark();
    await expect(get('registry-1.docker.io', '/v2/')).rejects.toThrow();
    const seen = await stack.requests({ since: mark, matching: 'registry-1' });
    expect(seen.map(({ method, host, status }) => ({ method, host, status }))).toEqual([
      { method: 'CONNECT', host: 'registry-1.docker.io', status: 0 },
    ]);
  });
});

describe('a failure on order', () => {
  it('answers the next matching requests, then no more', async () => {
    const path = `/v2/${uniqueName('app')}/tags/list`;
    await stack.failNext({
      target: `${registry.loginServer}${path}`,
      times: 2,
      failure: { kind: 'answer', status: 503, headers: { 'retry-after': '0' }, body: 'busy' },
    });
    expect(await get(registry.loginServer, '/v2/')).toMatchObject({ status: 401 });
    for (const status of [503, 503, 401]) {
      expect(await get(registry.loginServer, path)).toMatchObject({ status });
    }
  });

  it('cuts the connection, before or after the server did its work', async () => {
    for (const afterServer of [false, true]) {
      const path = `/v2/${uniqueName('app')}/tags/list`;
      await stack.failNext({ target: path, failure: { kind: 'cut', afterServer } });
      await expect(get(registry.loginServer, path)).rejects.toThrow(/socket|ECONNRESET/);
      expect(await stack.requests({ matching: path })).toMatchObject([{ status: 0 }]);
      expect((await get(registry.loginServer, path)).status).toBe(401);
    }
  });

  it('alters what the server answers, but no refusal', async () => {
    const host = `${uniqueName('vault')}.vault.azure.net`;
    await stack.azure.createVault({ name: host.split('.')[0] ?? '' });
    const failure = { kind: 'alter', pattern: '^.*$', replacement: '<b>$&</b>' } as const;
    const { tenantId } = await stack.azure.createTenant();
    const published = `/${tenantId}/discovery/v2.0/keys`;
    await stack.failNext({ target: `${host}/keys/a|${published}`, times: 2, failure });
    const refusal = await get(host, '/keys/a');
    expect(refusal.status).toBe(401);
    expect(refusal.body).not.toContain('<b>');
    const { status, body } = await get('login.microsoftonline.com', published);
    expect({ status, body }).toEqual({
      status: 200,
      body: expect.stringMatching(/^<b>\{.*\}<\/b>$/s) as string,
    });
  });

  it('skips as many requests as asked, and delays', async () => {
    const path = `/v2/${uniqueName('app')}/tags/list`;
    await stack.failNext({ target: path, skip: 1, failure: { kind: 'delay', delayMs: 300 } });
    const durations: number[] = [];
    while (durations.length < 2) {
      const start = performance.now();
      expect((await get(registry.loginServer, path)).status).toBe(401);
      durations.push(performance.now() - start);
    }
    expect(durations[1]).toBeGreaterThan(290);
    expect(durations[0]).toBeLessThan(durations[1] ?? 0);
  });
});

describe('an order for a failure', () => {
  const failure = { kind: 'cut' } as const;

  it('is refused where it names nothing that only its own test uses', async () => {
    const { tenantId } = await stack.azure.describe();
    const digest = `sha256:${'0123456789ab'.repeat(6).slice(0, 64)}`;
    for (const target of ['/_trust/tuf/$', 'azurecr', `/${tenantId}/`, `/blobs/${digest}`]) {
      await expect(stack.failNext({ target, failure })).rejects.toThrow(
        `the target ${target} would hit other tests too`,
      );
    }
  });

  it('hits no request without a name that it has, whatever else its target fits', async () => {
    const path = `/v2/${uniqueName('app')}/tags/list`;
    const others = `/v2/${uniqueName('app')}/tags/list`;
    await stack.failNext({ target: `${path}|/tags/list`, failure });
    expect((await get(registry.loginServer, others)).status).toBe(401);
    await expect(get(registry.loginServer, path)).rejects.toThrow(/socket|ECONNRESET/);
  });
});

describe('the request log', () => {
  it('never holds a secret from a query', async () => {
    const mark = await stack.requestMark();
    await get(registry.loginServer, '/oauth2/token?service=s&refresh_token=very-secret');
    const seen = await stack.requests({ since: mark, matching: '/oauth2/token' });
    expect(JSON.stringify(seen)).toContain('service=s');
    expect(JSON.stringify(seen)).not.toContain('very-secret');
  });
});

describe('the control', () => {
  it('refuses whoever does not know its token', async () => {
    const otherUser = connectStack({ ...info, control: { ...info.control, token: 'guess' } });
    await expect(otherUser.requestMark()).rejects.toThrow('does not know this caller');
  });

  it('passes on what went wrong', async () => {
    await expect(stack.azure.createRegistry({ name: 'x' })).rejects.toThrow('no registry name');
  });
});
