/** The list of repositories, and what is said of a manifest without sending it. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  describeManifest,
  listRepositories,
  type RepositoryAccess,
} from '../../src/registry/index.js';
import type { HttpRequest } from '../../src/http/index.js';
import { fakeHttp, rejection, type Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';

function accessTo(answer: (url: URL, request: HttpRequest) => Answer) {
  const scopes: string[] = [];
  const fake = fakeHttp((request, url) => answer(url, request));
  const token = (scope: string) => {
    scopes.push(scope);
    return Promise.resolve('the-token');
  };
  const access: RepositoryAccess = { host, http: fake.http, token, repository: 'team/app' };
  return { ...fake, scopes, access };
}

describe('the repositories of a registry', () => {
  it('are read from all pages, each once', async () => {
    const { access, requests, scopes } = accessTo((url) =>
      url.searchParams.get('last') === 'b'
        ? { body: { repositories: ['b', 'c'] } }
        : {
            body: { repositories: ['a', 'b'] },
            headers: { link: '</v2/_catalog?last=b&n=1000>; rel="next"' },
          },
    );
    expect(await listRepositories(access)).toEqual(['a', 'b', 'c']);
    expect(requests.map(({ url }) => url)).toEqual([
      `https://${host}/v2/_catalog?n=1000`,
      `https://${host}/v2/_catalog?last=b&n=1000`,
    ]);
    expect(new Set(scopes)).toEqual(new Set(['registry:catalog:*']));
  });

  it('may be none', async () => {
    const { access } = accessTo(() => ({ body: { repositories: null } }));
    expect(await listRepositories(access)).toEqual([]);
  });

  it.each([
    ['a right is missing', { status: 403, body: {} }, 'REGISTRY_LOGIN_REFUSED'],
    ['it is busy', { status: 503, body: {} }, 'REGISTRY_FAILED'],
    ['the list is none', { body: { repositories: 'a' } }, 'REGISTRY_FAILED'],
    ['a name is none', { body: { repositories: ['a', 7] } }, 'REGISTRY_FAILED'],
    [
      'it goes on elsewhere',
      { body: { repositories: [] }, headers: { link: '<https://evil.test/v2/>; rel="next"' } },
      'REGISTRY_FAILED',
    ],
  ])('are not taken for all where %s', async (_, answer, code) => {
    const { access } = accessTo(() => answer);
    expect((await rejection(listRepositories(access))).code).toBe(code);
  });
});

describe('a manifest that is described', () => {
  const body = Buffer.from('{ "schemaVersion": 2 }\n');
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const whole = {
    'Content-Type': mediaType,
    'Content-Length': String(body.length),
    'Docker-Content-Digest': digest,
  };
  const described = { mediaType, digest, size: body.length };

  it('is not sent', async () => {
    const { access, requests } = accessTo(() => ({ headers: whole }));
    expect(await describeManifest(access, '1.0')).toEqual(described);
    expect(requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  it('may be missing', async () => {
    const { access } = accessTo(() => ({ status: 404 }));
    expect(await describeManifest(access, digest)).toBeUndefined();
  });

  it.each([
    ['no digest', { 'Docker-Content-Digest': '' }],
    ['no length', { 'Content-Length': '' }],
    ['another digest', { 'Docker-Content-Digest': `sha256:${'0'.repeat(64)}` }],
    ['another type', { 'Content-Type': 'text/html' }],
  ])('is read where the registry says %s', async (_, odd) => {
    const { access, requests } = accessTo((_url, { method }) =>
      method === 'HEAD'
        ? { headers: { ...whole, ...odd } }
        : { headers: { 'Content-Type': mediaType }, body },
    );
    expect(await describeManifest(access, digest)).toEqual(described);
    expect(requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it('is not described to whoever may not pull', async () => {
    const { access } = accessTo(() => ({ status: 403 }));
    const { code } = await rejection(describeManifest(access, '1.0'));
    expect(code).toBe('REGISTRY_LOGIN_REFUSED');
  });
});
