import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { HttpError } from '../../src/http/index.js';
import {
  createRegistryClient,
  isIndexMediaType,
  manifestMediaTypes,
} from '../../src/registry/index.js';
import { fakeHttp, rejection } from './fake-http.js';
import type { Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';
const bytes = Buffer.from('{ "schemaVersion": 2 }\n');
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const wrongDigest = `sha256:${'0'.repeat(64)}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const headers = { 'Content-Type': `${mediaType}; charset=utf-8`, 'Docker-Content-Digest': digest };

function client(answer: (url: URL) => Answer) {
  const scopes: string[] = [];
  const fake = fakeHttp((_request, url) => answer(url));
  const token = (scope: string) => {
    scopes.push(scope);
    return Promise.resolve('the-token');
  };
  return { ...fake, scopes, ...createRegistryClient({ host, http: fake.http, token }) };
}

describe('a manifest', () => {
  it('comes with digest and length of its very bytes', async () => {
    const { getManifest, requests, scopes } = client(() => ({ headers, body: bytes }));
    const manifest = await getManifest('team/app', '1.0');
    expect(manifest).toEqual({ digest, length: bytes.length, mediaType, bytes });
    expect(scopes).toEqual(['repository:team/app:pull']);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: `https://${host}/v2/team/app/manifests/1.0`,
      headers: { Authorization: 'Bearer the-token', Accept: manifestMediaTypes.join(', ') },
    });
  });

  it('may be asked for by digest', async () => {
    const { getManifest, requests } = client(() => ({ headers, body: bytes }));
    expect((await getManifest('app', digest))?.digest).toBe(digest);
    expect(requests[0]?.url).toBe(`https://${host}/v2/app/manifests/${encodeURIComponent(digest)}`);
  });

  it('that does not exist is no error', async () => {
    const body = { errors: [{ code: 'MANIFEST_UNKNOWN' }] };
    expect(await client(() => ({ status: 404, body })).getManifest('app', '1')).toBeUndefined();
  });

  it('whose bytes are not those of the digest asked for, or of the one stated, is refused', async () => {
    const { getManifest } = client(() => ({ headers, body: bytes }));
    expect((await rejection(getManifest('app', wrongDigest))).code).toBe('DIGEST_MISMATCH');
    const lying = client(() => ({
      headers: { ...headers, 'Docker-Content-Digest': wrongDigest },
      body: bytes,
    }));
    const error = await rejection(lying.getManifest('app', '1'));
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(error.message).toContain(digest);
    const changed = client(() => ({ headers, body: bytes.toString().replace('2', '1') }));
    expect((await rejection(changed.getManifest('app', '1'))).code).toBe('DIGEST_MISMATCH');
  });

  it('of another type is no manifest', async () => {
    const { getManifest } = client(() => ({ headers: { 'Content-Type': 'text/html' }, body: '<' }));
    const error = await rejection(getManifest('app', '1'));
    expect(error.code).toBe('REGISTRY_FAILED');
    expect(error.message).toContain('text/html');
  });

  it.each([401, 403])('that may not be read (%i) names AcrPull', async (status) => {
    const error = await rejection(client(() => ({ status })).getManifest('app', '1'));
    expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
    expect(error.remedy).toContain('AcrPull');
  });

  it.each([
    ['unreachable', 'REGISTRY_UNREACHABLE'],
    ['timeout', 'REGISTRY_UNREACHABLE'],
    ['tls', 'REGISTRY_UNREACHABLE'],
    ['too-large', 'REGISTRY_FAILED'],
    ['aborted', 'INTERRUPTED'],
  ] as const)('that cannot be had (%s) fails with %s', async (kind, code) => {
    const { getManifest } = client(() => {
      throw new HttpError(kind, 'GET: reason');
    });
    expect((await rejection(getManifest('app', '1'))).code).toBe(code);
  });

  it.each(['../x', 'App', 'a?b', ''])(
    'of the impossible repository %j is not asked for',
    async (name) => {
      const { getManifest, requests } = client(() => ({}));
      expect((await rejection(getManifest(name, '1'))).code).toBe('INPUT_INVALID');
      expect(requests).toHaveLength(0);
    },
  );
});

describe('storing a manifest', () => {
  it('sends the bytes under the tag and returns their digest', async () => {
    const { putManifest, requests, scopes } = client(() => ({ status: 201, headers }));
    expect(await putManifest('app', '1.0', bytes, mediaType)).toBe(digest);
    expect(scopes).toEqual(['repository:app:pull,push']);
    expect(requests[0]).toMatchObject({ method: 'PUT', body: bytes, retry: true });
    expect(requests[0]?.headers?.['Content-Type']).toBe(mediaType);
  });

  it('under a digest that is not theirs is refused before anything is sent', async () => {
    const { putManifest, requests } = client(() => ({ status: 201 }));
    const error = await rejection(putManifest('app', wrongDigest, bytes, mediaType));
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(requests).toHaveLength(0);
  });

  it('that the registry took for something else is an error', async () => {
    const stated = { 'Docker-Content-Digest': wrongDigest };
    const { putManifest } = client(() => ({ status: 201, headers: stated }));
    const error = await rejection(putManifest('app', '1', bytes, mediaType));
    expect(error.code).toBe('DIGEST_MISMATCH');
  });

  it.each([401, 403])('without the right (%i) names AcrPush', async (status) => {
    const body = { errors: [{ code: 'DENIED', message: 'requested access is denied' }] };
    const { putManifest } = client(() => ({ status, body }));
    const error = await rejection(putManifest('app', '1', bytes, mediaType));
    expect(error.code).toBe('PUSH_NOT_AUTHORIZED');
    expect(error.message).toContain('DENIED: requested access is denied');
    expect(error.remedy).toContain('AcrPush');
  });

  it('that a locked tag does not take says how to unlock it', async () => {
    const message = 'The operation is disallowed on this registry, repository or image.';
    for (const status of [403, 405]) {
      const locked = client(() => ({ status, body: { errors: [{ code: 'DENIED', message }] } }));
      const error = await rejection(locked.putManifest('team/app', '1.0', bytes, mediaType));
      expect(error.code).toBe('PUSH_FAILED');
      expect(error.message).toContain('does not allow changes of team/app:1.0');
      expect(error.remedy).toMatch(/az acr repository show/);
    }
  });

  it('that the registry rejects repeats its words, made harmless', async () => {
    const message = 'blob unknown\n::error::\u001b[31m';
    const body = { errors: [{ code: 'MANIFEST_BLOB_UNKNOWN', message }] };
    const { putManifest } = client(() => ({ status: 400, body }));
    const error = await rejection(putManifest('app', '1', bytes, mediaType));
    expect(error.code).toBe('REGISTRY_FAILED');
    expect(error.message).toContain('MANIFEST_BLOB_UNKNOWN: blob unknown ::error:: [31m');
  });
});

describe('the tags of a repository', () => {
  it('are gathered from all pages', async () => {
    const { listTags, requests } = client((url) =>
      url.searchParams.get('last') === 'b'
        ? { body: { tags: ['c'] } }
        : {
            headers: { Link: '</v2/app/tags/list?last=b&n=2>; rel="next"' },
            body: { tags: ['a', 'b'] },
          },
    );
    expect(await listTags('app')).toEqual(['a', 'b', 'c']);
    expect(requests).toHaveLength(2);
  });

  it('are none where the registry says null, and undefined where there is no repository', async () => {
    expect(await client(() => ({ body: { tags: null } })).listTags('app')).toEqual([]);
    expect(await client(() => ({ status: 404 })).listTags('app')).toBeUndefined();
  });

  it('are not followed to another host', async () => {
    const Link = '<https://evil.example/v2/app/tags/list>; rel="next"';
    const { listTags, requests } = client(() => ({ headers: { Link }, body: { tags: ['a'] } }));
    expect((await rejection(listTags('app'))).code).toBe('REGISTRY_FAILED');
    expect(requests).toHaveLength(1);
  });

  it('that never end are given up', async () => {
    const Link = '</v2/app/tags/list?again>; rel="next"';
    const { listTags } = client(() => ({ headers: { Link }, body: { tags: ['a'] } }));
    expect((await rejection(listTags('app'))).code).toBe('REGISTRY_FAILED');
  });

  it.each([
    [{ status: 403 }, 'REGISTRY_LOGIN_REFUSED'],
    [{ status: 500 }, 'REGISTRY_FAILED'],
    [{ body: { tags: 'odd' } }, 'REGISTRY_FAILED'],
  ])('answered with %j fail with %s', async (answer, code) => {
    expect((await rejection(client(() => answer).listTags('app'))).code).toBe(code);
  });
});

it('tells an index from a manifest', () => {
  expect(manifestMediaTypes.map(isIndexMediaType)).toEqual([true, true, false, false]);
});
