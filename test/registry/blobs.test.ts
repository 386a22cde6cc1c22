import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBlobReader } from '../../src/registry/index.js';
import { fakeHttp, rejection, type Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';
const bytes = Buffer.from('{"created":"2026-01-01T00:00:00Z"}');
const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function reader(answer: (url: URL) => Answer) {
  const scopes: string[] = [];
  const fake = fakeHttp((_request, url) => answer(url));
  const token = (scope: string) => {
    scopes.push(scope);
    return Promise.resolve('the-token');
  };
  return { ...fake, scopes, readBlob: createBlobReader({ host, http: fake.http, token }) };
}

describe('a blob', () => {
  it('is what the digest names', async () => {
    const { readBlob, requests, scopes } = reader(() => ({ body: bytes }));
    expect(await readBlob('team/app', digest, 100_000)).toEqual(bytes);
    expect(scopes).toEqual(['repository:team/app:pull']);
    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: `https://${host}/v2/team/app/blobs/${digest}`,
        headers: { Authorization: 'Bearer the-token' },
        maxBytes: 100_000,
      },
    ]);
  });

  it('is fetched from the storage that the registry names, without our token', async () => {
    const storage = 'https://storage.example/blob?sig=x';
    const { readBlob, requests } = reader((url) =>
      url.host === host ? { status: 307, headers: { Location: storage } } : { body: bytes },
    );
    expect(await readBlob('team/app', digest, 1000)).toEqual(bytes);
    expect(requests[1]?.url).toBe(storage);
    expect(requests[1]?.headers).toBeUndefined();
  });

  it('is nothing where the registry has none, however much it says of that', async () => {
    const { readBlob } = reader(() => ({ status: 404, body: 'not here '.repeat(100) }));
    expect(await readBlob('team/app', digest, 10)).toBeUndefined();
  });

  it('is no longer than it may be', async () => {
    const { readBlob } = reader(() => ({ body: bytes }));
    const error = await rejection(readBlob('team/app', digest, bytes.length - 1));
    expect(error.code).toBe('REGISTRY_FAILED');
  });

  it.each([
    ['other bytes', { body: 'other' }, 'DIGEST_MISMATCH'],
    ['a refusal', { status: 403 }, 'REGISTRY_LOGIN_REFUSED'],
    ['an error', { status: 500 }, 'REGISTRY_FAILED'],
    ['a redirect to nowhere', { status: 307 }, 'REGISTRY_FAILED'],
  ])('is an error with %s', async (_, answer, code) => {
    const { readBlob } = reader(() => answer);
    expect((await rejection(readBlob('team/app', digest, 1000))).code).toBe(code);
  });

  it('is not asked for by what is no digest', async () => {
    const { readBlob, requests } = reader(() => ({ body: bytes }));
    expect((await rejection(readBlob('team/app', 'latest', 1000))).code).toBe('INPUT_INVALID');
    expect(requests).toEqual([]);
  });
});
