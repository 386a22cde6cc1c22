/** The real notary-server behind the front: that it stands what many runs at once ask of it. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

import { HttpsProxyAgent } from 'https-proxy-agent';
import { describe, expect, inject, it } from 'vitest';

import { connectStack, createTestRegistry, uniqueName } from './index.js';

const info = inject('stack');
const stack = connectStack(info);

describe('many repositories that are new at the same time', () => {
  it('all get their keys from the server', async () => {
    const registry = await createTestRegistry(stack);
    const host = registry.loginServer;
    const { login } = await registry.principal('AcrPush', 'AcrImageSigner');
    const ca = await readFile(info.caFile, 'utf8');
    const agent = new HttpsProxyAgent(info.env.HTTPS_PROXY ?? '', { ca });
    const get = (path: string, authorization: string) =>
      new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
        request({ host, path, agent, ca, headers: { authorization } }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
          response.on('error', reject).on('end', () => {
            resolve({ status: response.statusCode ?? 0, body });
          });
        })
          .on('error', reject)
          .end();
      });

    const basic = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    const repositories = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const gun = `${host}/${uniqueName('team/app')}`;
        const query = `service=${host}&scope=repository:${gun}:push,pull`;
        const { body } = await get(`/oauth2/token?${query}`, `Basic ${basic}`);
        const { access_token: token } = JSON.parse(body) as { readonly access_token: string };
        return { gun, token };
      }),
    );
    const answers = await Promise.all(
      repositories.flatMap(({ gun, token }) =>
        ['snapshot', 'timestamp', 'snapshot', 'timestamp'].map((role) =>
          get(`/v2/${gun}/_trust/tuf/${role}.key`, `Bearer ${token}`),
        ),
      ),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });
});
