import { describe, expect, it } from 'vitest';

import { HttpError } from '../../src/http/index.js';
import { createRegistryAccess, createTokenSource } from '../../src/registry/index.js';
import type { RegistryCredential, TokenSourceOptions } from '../../src/registry/index.js';
import { fakeHttp, jwt, rejection } from './fake-http.js';
import type { Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';
const scope = 'repository:team/app:pull,push';
const refreshToken: RegistryCredential = { kind: 'refresh-token', token: 'refresh-secret' };
const basic: RegistryCredential = { kind: 'basic', username: 'me', password: 'pass-secret' };

const challenge = (realm = `https://${host}/oauth2/token`): Answer => ({
  status: 401,
  headers: { 'WWW-Authenticate': `Bearer realm="${realm}",service="${host}"` },
});

interface Setting {
  readonly credential?: RegistryCredential;
  readonly ping?: Answer;
  readonly token?: (index: number) => Answer;
  readonly more?: Partial<TokenSourceOptions>;
}

function source({ credential = refreshToken, ping, token, more }: Setting) {
  const masked: string[] = [];
  let index = 0;
  const fake = fakeHttp((_request, { pathname }) => {
    if (pathname === '/v2/') {
      return ping ?? challenge();
    }
    index += 1;
    return token?.(index) ?? { body: { access_token: `token-${index}`, expires_in: 300 } };
  });
  const secrets = { mask: (value: string) => masked.push(value) };
  const options = { host, http: fake.http, credential, secrets, ...more };
  return { ...fake, masked, get: createTokenSource(options).token, options };
}

describe('a token for a scope', () => {
  it('is got with a refresh token from the realm of the challenge', async () => {
    const { get, requests, masked } = source({});
    expect(await get(scope)).toBe('token-1');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET https://${host}/v2/`,
      `POST https://${host}/oauth2/token`,
    ]);
    expect(Object.fromEntries(new URLSearchParams(String(requests[1]?.body)))).toEqual({
      grant_type: 'refresh_token',
      service: host,
      scope,
      client_id: 'acr-content-trust',
      refresh_token: 'refresh-secret',
    });
    expect(masked).toEqual(['token-1']);
  });

  it('takes a refresh token that has to be fetched first', async () => {
    const { get, requests } = source({
      credential: { kind: 'refresh-token', token: () => Promise.resolve('fetched') },
    });
    await get(scope);
    expect(new URLSearchParams(String(requests[1]?.body)).get('refresh_token')).toBe('fetched');
  });

  it('is got with user name and password by GET', async () => {
    const { get, requests } = source({
      credential: basic,
      token: () => ({ body: { token: 'other-name' } }),
    });
    expect(await get(scope)).toBe('other-name');
    const url = new URL(requests[1]?.url ?? '');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      service: host,
      scope,
      account: 'me',
    });
    expect(requests[1]?.headers).toEqual({
      Authorization: `Basic ${Buffer.from('me:pass-secret').toString('base64')}`,
    });
  });

  it('is got anonymously without any credential, even from another host', async () => {
    const { get, requests } = source({
      credential: { kind: 'anonymous' },
      ping: challenge('https://tokens.example/token'),
    });
    expect(await get(scope)).toBe('token-1');
    expect(new URL(requests[1]?.url ?? '').host).toBe('tokens.example');
    expect(requests[1]?.headers).toBeUndefined();
  });

  it('is not needed where the registry serves everyone or wants Basic', async () => {
    expect(await source({ ping: { status: 200 } }).get(scope)).toBeUndefined();
    const ping = { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } };
    expect(await source({ ping, credential: basic }).get(scope)).toBeUndefined();
  });
});

describe('a token', () => {
  it('is kept per scope until shortly before it expires', async () => {
    let now = 1_790_000_000_000;
    const { get, requests } = source({ more: { clock: () => new Date(now) } });
    expect([await get('a'), await get('b'), await get('a')]).toEqual([
      'token-1',
      'token-2',
      'token-1',
    ]);
    now += 269_000;
    expect(await get('a')).toBe('token-1');
    now += 2000;
    expect(await get('a')).toBe('token-3');
    expect(requests).toHaveLength(4);
  });

  it('lasts as long as its own exp says when the answer does not', async () => {
    let now = 1_790_000_000_000;
    const token = jwt({ exp: 1_790_004_500 });
    const { get, requests } = source({
      token: () => ({ body: { access_token: token } }),
      more: { clock: () => new Date(now) },
    });
    await get('a');
    now += 4_400_000;
    await get('a');
    expect(requests).toHaveLength(2);
    now += 100_000;
    await get('a');
    expect(requests).toHaveLength(3);
  });

  it('is asked for once by callers at the same time', async () => {
    const { get, requests } = source({});
    expect(await Promise.all([get('a'), get('a')])).toEqual(['token-1', 'token-1']);
    expect(requests).toHaveLength(2);
  });

  it('is asked for again after a failure', async () => {
    const { get } = source({
      token: (index) => (index === 1 ? { status: 503 } : { body: { access_token: 'later' } }),
    });
    expect((await rejection(get('a'))).code).toBe('REGISTRY_FAILED');
    expect(await get('a')).toBe('later');
  });
});

describe('a registry whose token service is known', () => {
  const realm = `https://${host}/oauth2/token`;

  it('is not asked where it is', async () => {
    const { get, requests } = source({ more: { realm } });
    expect(await get(scope)).toBe('token-1');
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([`POST ${realm}`]);
  });

  it('is asked after all if there is none, and its answer counts', async () => {
    const { get, requests } = source({
      more: { realm },
      ping: challenge(`https://${host}/elsewhere`),
      token: (index) => (index === 1 ? { status: 404 } : { body: { access_token: 'found' } }),
    });
    expect([await get(scope), await get('other')]).toEqual(['found', 'found']);
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      '/oauth2/token',
      '/v2/',
      '/elsewhere',
      '/elsewhere',
    ]);
  });

  it('is asked no further after a refusal', async () => {
    const { get, requests } = source({ more: { realm }, token: () => ({ status: 401 }) });
    expect((await rejection(get(scope))).code).toBe('REGISTRY_LOGIN_REFUSED');
    expect(requests).toHaveLength(1);
  });
});

describe('scopes that are expected together', () => {
  const image = 'repository:team/app:pull';
  const trust = `repository:${host}/team/app:pull,push`;
  const scopes = (requests: readonly { readonly body?: string | Uint8Array }[]) =>
    requests.map(({ body }) => new URLSearchParams(String(body)).get('scope'));
  const expecting = (setting: Setting) => {
    const { requests, options } = source(setting);
    const tokens = createTokenSource({ ...options, realm: `https://${host}/oauth2/token` });
    tokens.expect(image, trust);
    return { requests, ...tokens };
  };

  it('are asked for by one token, also for less and at the same time', async () => {
    const { token, requests } = expecting({});
    const asked = [image, trust, `repository:${host}/team/app:pull`];
    expect(await Promise.all(asked.map(token))).toEqual(['token-1', 'token-1', 'token-1']);
    expect(scopes(requests)).toEqual([`${image} ${trust}`]);
  });

  it('leave out what goes further, or is of another repository', async () => {
    const { token, requests } = expecting({});
    for (const other of ['repository:team/app:pull,push', 'repository:team/other:pull'])
      await token(other);
    expect(scopes(requests)).toEqual([
      'repository:team/app:pull,push',
      'repository:team/other:pull',
    ]);
  });

  it('are asked for one by one if they are refused together', async () => {
    const { token, requests } = expecting({
      token: (index) => (index === 1 ? { status: 401 } : { body: { access_token: 'alone' } }),
    });
    expect(await token(image)).toBe('alone');
    expect(scopes(requests)).toEqual([`${image} ${trust}`, image]);
  });
});

describe('a credential', () => {
  it.each([
    'https://evil.example/token',
    `http://${host}/oauth2/token`,
    `https://${host}:8443/oauth2/token`,
    `https://${host}.evil.example/token`,
    `https://user:x@${host}/token`,
    'nonsense',
  ])('is not sent to %s', async (realm) => {
    for (const credential of [refreshToken, basic]) {
      const { get, requests } = source({ credential, ping: challenge(realm) });
      expect((await rejection(get(scope))).code).toBe('REGISTRY_LOGIN_REFUSED');
      expect(requests).toHaveLength(1);
    }
  });

  it('goes to a token service the user allows, or that is known to be the registry’s', async () => {
    const allowed = source({
      ping: challenge('https://tokens.example/token'),
      more: { allowedRealmHosts: ['tokens.example'] },
    });
    expect(await allowed.get(scope)).toBe('token-1');
    const hub = source({
      credential: basic,
      ping: challenge('https://auth.docker.io/token'),
      more: { host: 'registry-1.docker.io' },
    });
    expect(await hub.get(scope)).toBe('token-1');
  });

  it('goes to the registry whose name says the port of https', async () => {
    const { get } = source({ more: { host: `${host}:443` } });
    expect(await get(scope)).toBe('token-1');
  });
});

describe('a refusal', () => {
  it.each([401, 403])('with status %i is a refused login and names no secret', async (status) => {
    for (const credential of [refreshToken, basic]) {
      const body = { errors: [{ code: 'UNAUTHORIZED', message: 'no\n##vso[task]' }] };
      const { get } = source({ credential, token: () => ({ status, body }) });
      const error = await rejection(get(scope));
      expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
      expect(error.message).toContain('UNAUTHORIZED: no ##vso[task]');
      expect(error.message + error.remedy).not.toContain('secret');
    }
  });

  it('of something that is no registry says so', async () => {
    const { get } = source({ ping: { status: 404, body: '<html>' } });
    expect((await rejection(get(scope))).code).toBe('REGISTRY_FAILED');
  });

  it('by silence is an unreachable registry', async () => {
    const http = () => Promise.reject(new HttpError('unreachable', 'GET x: refused'));
    const { get } = source({ more: { http } });
    expect((await rejection(get(scope))).code).toBe('REGISTRY_UNREACHABLE');
  });

  it('by a token answer without token is a failed registry', async () => {
    const { get } = source({ token: () => ({ body: 'no json' }) });
    expect((await rejection(get(scope))).code).toBe('REGISTRY_FAILED');
  });
});

describe('access to a registry that wants Basic', () => {
  const ping = { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="x"' } };

  it('adds the credential to requests for that host, and to no other', async () => {
    const { options, requests } = source({ credential: basic, ping, token: () => ({}) });
    const { http } = createRegistryAccess(options);
    await http({ method: 'GET', url: `https://${host}/v2/x`, maxBytes: 1 });
    await http({ method: 'GET', url: 'https://evil.example/v2/x', maxBytes: 1 });
    const authorizations = requests.map(({ headers }) => headers?.Authorization);
    expect(authorizations).toEqual([undefined, expect.stringMatching(/^Basic /), undefined]);
  });

  it('adds nothing where the registry takes tokens', async () => {
    const { options, requests } = source({ credential: basic });
    const { http, token } = createRegistryAccess(options);
    const headers = { Authorization: `Bearer ${(await token(scope)) ?? ''}` };
    await http({ method: 'GET', url: `https://${host}/x`, headers, maxBytes: 1 });
    await http({ method: 'GET', url: `https://${host}/y`, maxBytes: 1 });
    expect(requests.slice(2).map((request) => request.headers)).toEqual([headers, undefined]);
  });
});
