/** The real servers behind the front: that they stand what many clients at once ask of them. */
import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, inject, it } from 'vitest';

import { connectStack, createTestRegistry, uniqueName } from './index.js';

const stack = connectStack(inject('stack'));
let host: string;
let basic: string;

beforeAll(async () => {
  const registry = await createTestRegistry(stack);
  const { login } = await registry.principal('AcrPush', 'AcrImageSigner');
  host = registry.loginServer;
  basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
});

/** What a request with a right to push to `repository` needs as headers. */
async function authorize(repository: string): Promise<Record<string, string>> {
  const query = `service=${host}&scope=repository:${repository}:push,pull`;
  const headers = { authorization: `Basic ${basic}` };
  const { body } = await stack.ask({ host, path: `/oauth2/token?${query}`, headers });
  const { access_token: token } = JSON.parse(body) as { readonly access_token: string };
  return { authorization: `Bearer ${token}` };
}

describe('many repositories that are new at the same time', () => {
  it('all get their keys from the server', async () => {
    const repositories = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const gun = `${host}/${uniqueName('team/app')}`;
        return { gun, headers: await authorize(gun) };
      }),
    );
    const answers = await Promise.all(
      repositories.flatMap(({ gun, headers }) =>
        ['snapshot', 'timestamp', 'snapshot', 'timestamp'].map((role) =>
          stack.ask({ host, path: `/v2/${gun}/_trust/tuf/${role}.key`, headers }),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});

describe('a tag that is put many times at once', () => {
  it('is there whenever it is read', async () => {
    const repository = uniqueName('team/app');
    const headers = await authorize(repository);
    const send = (method: string, path: string, content = '', type = 'application/octet-stream') =>
      stack.ask({
        host,
        method,
        path: `/v2/${repository}/${path}`,
        headers: { ...headers, 'content-type': type, accept: type },
        body: content,
      });
    const config = '{}';
    const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
    const { headers: started } = await send('POST', 'blobs/uploads/');
    const upload = new URL(started.location ?? '');
    const stored = await send(
      'PUT',
      `blobs/uploads/${upload.pathname.split('/').at(-1) ?? ''}${upload.search}&digest=${digest}`,
      config,
    );
    expect(stored.status, stored.body).toBe(201);

    const type = 'application/vnd.oci.image.manifest.v1+json';
    const put = (index: number) => {
      const manifest = {
        schemaVersion: 2,
        mediaType: type,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: 2 },
        layers: [],
        annotations: { index: String(index) },
      };
      return send('PUT', 'manifests/1', JSON.stringify(manifest), type);
    };
    expect((await put(0)).status).toBe(201);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        index % 2 === 0 ? put(index) : send('HEAD', 'manifests/1', '', type),
      ),
    );
    expect(answers.map(({ status }) => status).filter((status) => status > 201)).toEqual([]);
  });
});
