import { describe, expect, it } from 'vitest';
import { listReferrers } from '../../src/registry/index.js';
import { fakeHttp, rejection, type Answer } from './fake-http.js';

const host = 'contoso.azurecr.io';
const digest = `sha256:${'ab'.repeat(32)}`;
const signature = 'application/vnd.cncf.notary.signature';
const manifest = 'application/vnd.oci.image.manifest.v1+json';
const index = 'application/vnd.oci.image.index.v1+json';

function asked(answer: Answer) {
  const { http, requests } = fakeHttp(() => answer);
  const token = (scope: string) => Promise.resolve(scope);
  const list = () => listReferrers({ host, http, token, repository: 'team/app' }, digest);
  return { list, requests };
}

describe('what is attached to an image', () => {
  it('is told with its types, whatever they are', async () => {
    const descriptor = (name: string, artifactType?: string) => ({
      mediaType: manifest,
      digest: `sha256:${name.repeat(64)}`,
      size: 1,
      ...(artifactType !== undefined && { artifactType }),
    });
    const manifests = [descriptor('a', signature), descriptor('b', ''), descriptor('c'), {}, 'odd'];
    const headers = { 'content-type': index };
    const { list, requests } = asked({ headers, body: { manifests } });
    const { source, referrers } = await list();
    expect(source).toBe('api');
    expect(referrers.map(({ artifactType }) => artifactType)).toEqual([
      signature,
      undefined,
      undefined,
    ]);
    expect(requests).toMatchObject([
      {
        url: `https://${host}/v2/team/app/referrers/${digest}`,
        headers: { Authorization: 'Bearer repository:team/app:pull' },
      },
    ]);
  });

  it('is not guessed where the registry refuses to say', async () => {
    const error = await rejection(asked({ status: 403 }).list());
    expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
  });

  it('is not asked for by what is no digest', async () => {
    const { http, requests } = fakeHttp(() => ({}));
    const token = () => Promise.resolve(undefined);
    const access = { host, http, token, repository: 'app' };
    const error = await rejection(listReferrers(access, 'latest'));
    expect(error.code).toBe('INPUT_INVALID');
    expect(requests).toEqual([]);
  });
});
