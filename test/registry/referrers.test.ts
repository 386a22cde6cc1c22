import { describe, expect, it } from 'vitest';
import { listAttached } from '../../src/registry/index.js';
import { fakeHttp, rejection, type Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';
const digest = `sha256:${'ab'.repeat(32)}`;
const signature = 'application/vnd.cncf.notary.signature';
const manifest = 'application/vnd.oci.image.manifest.v1+json';

function asked(answer: Answer) {
  const { http, requests } = fakeHttp(() => answer);
  const token = (scope: string) => Promise.resolve(scope);
  const list = () => listAttached({ host, http, token, repository: 'team/app' }, digest);
  return { list, requests };
}

describe('what is attached to an image', () => {
  it('is told by its artifact types, or what stands in for them', async () => {
    const manifests = [
      { mediaType: manifest, artifactType: signature },
      { mediaType: manifest, artifactType: '' },
      {},
      'odd',
    ];
    const { list, requests } = asked({ body: { manifests } });
    expect(await list()).toEqual([signature, manifest, 'unknown']);
    expect(requests).toMatchObject([
      {
        url: `https://${host}/v2/team/app/referrers/${digest}`,
        headers: { Authorization: 'Bearer repository:team/app:pull' },
      },
    ]);
  });

  it.each<[string, Answer]>([
    ['knows no such question', { status: 404 }],
    ['does not answer it', { status: 403 }],
    ['answers something else', { body: '<html>' }],
    ['answers with no list', { body: { manifests: null } }],
  ])('is unknown where the registry %s', async (_, answer) => {
    expect(await asked(answer).list()).toBeUndefined();
  });

  it('is not asked for by what is no digest', async () => {
    const { http, requests } = fakeHttp(() => ({}));
    const token = () => Promise.resolve(undefined);
    const error = await rejection(listAttached({ host, http, token, repository: 'app' }, 'latest'));
    expect(error.code).toBe('INPUT_INVALID');
    expect(requests).toEqual([]);
  });
});
