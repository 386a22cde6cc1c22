/** The real servers behind the front: that they stand what many clients at once ask of them. */
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
      Array.from({ length: 30 }, async () => {
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

describe('a tag', () => {
  it('is read whole while others push it', async () => {
    const repository = uniqueName('team/app');
    const type = 'application/vnd.oci.image.index.v1+json';
    const headers = { ...(await authorize(repository)), accept: type };
    const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [] });
    const tag = { host, path: `/v2/${repository}/manifests/1` };
    const push = () =>
      stack.ask({ ...tag, method: 'PUT', headers: { ...headers, 'content-type': type }, body });
    expect((await push()).status).toBe(201);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        index % 5 === 0 ? push() : stack.ask({ ...tag, method: 'HEAD', headers }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]));
  });
});
