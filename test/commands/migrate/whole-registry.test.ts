/** A registry with 10,000 signed tags in 200 repositories, in bounded memory and with few requests. */
import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { HttpClient, HttpResponse } from '../../../src/http/index.js';
import { makeChain } from '../../notation/make-chain.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { RepositoryBuilder, type Files } from '../../trust/repository-builder.js';
import {
  host,
  reply,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

const repositories = Array.from({ length: 200 }, (_, index) => `team/app-${index}`);
const unsigned = Array.from({ length: 100 }, (_, index) => `team/unsigned-${index}`);
const tags = Array.from({ length: 50 }, (_, index) => `1.${index + 10}`);
/** Ten tags of a repository point to one image. */
const digestOf = (repository: string, tag: string): string =>
  createHash('sha256')
    .update(`${repository}:${tag.slice(0, -1)}`)
    .digest('hex');

let scenario: RegistryScenario;
const trustData = new Map<string, Files>();
const counts = new Map<string, number>();
const heap = { before: 0, most: 0 };

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const retained = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

/** What the registry says, by what it is asked. */
function answerTo(
  method: string,
  { pathname, searchParams }: URL,
): readonly [string, HttpResponse] {
  if (pathname === '/v2/') {
    const realm = `Bearer realm="https://${host}/oauth2/token",service="${host}"`;
    return ['ping', reply(401, '', { 'www-authenticate': realm })];
  }
  if (pathname === '/oauth2/token') {
    return [
      'token',
      reply(200, JSON.stringify({ access_token: 't'.repeat(1500), expires_in: 3600 })),
    ];
  }
  if (pathname === '/v2/_catalog') {
    const all = [...repositories, ...unsigned];
    const from = Number(searchParams.get('from') ?? 0);
    const next = { link: `</v2/_catalog?from=${from + 100}>; rel="next"` };
    const page = JSON.stringify({ repositories: all.slice(from, from + 100) });
    return ['catalog', reply(200, page, from + 100 < all.length ? next : {})];
  }
  const [, gun = '', role = ''] =
    /^\/v2\/(.+)\/_trust\/tuf\/(.+?)(?:\.[0-9a-f]{64})?\.json$/.exec(pathname) ?? [];
  if (gun !== '') {
    const file = trustData.get(gun)?.get(role);
    return ['trust', file ? reply(200, file.toString()) : reply(404)];
  }
  const [, repository = '', kind = '', reference = ''] =
    /^\/v2\/(.+)\/(manifests|referrers)\/(.+)$/.exec(pathname) ?? [];
  if (kind === 'referrers') {
    const type = 'application/vnd.oci.image.index.v1+json';
    return ['referrers', reply(200, '{"manifests":[]}', { 'content-type': type })];
  }
  return [
    method,
    reply(200, '', {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'content-length': '523',
      'docker-content-digest': `sha256:${digestOf(repository, reference)}`,
    }),
  ];
}

const http: HttpClient = ({ method, url }) => {
  const [kind, answer] = answerTo(method, new URL(url));
  const count = (counts.get(kind) ?? 0) + 1;
  counts.set(kind, count);
  if (kind === 'referrers' && count % 250 === 0) heap.most = Math.max(heap.most, retained());
  return Promise.resolve(answer);
};
vi.mock('../../../src/http/client.js', () => ({ createHttpClient: () => http }));

beforeAll(async () => {
  scenario = await startRegistryScenario();
  for (const repository of repositories) {
    const gun = `${host}/${repository}`;
    const builder = new RepositoryBuilder(gun, new Date());
    builder.targets = Object.fromEntries(
      tags.map((tag) => {
        const sha256 = Buffer.from(digestOf(repository, tag), 'hex').toString('base64');
        return [tag, { hashes: { sha256 }, length: 523 }];
      }),
    );
    trustData.set(gun, builder.build());
  }
});
afterAll(() => scenario.close());

it('is checked as a whole', async () => {
  const { chain } = await makeChain();
  heap.before = retained();
  const ran = await scenario.run('migrate', {
    registry: host,
    'signing-key': '',
    check: 'true',
    'trusted-certificate': pem('CERTIFICATE', chain.at(-1) ?? Buffer.of()),
    'trusted-identity': '*',
  });
  expect(ran.failure?.code).toBe('MIGRATION_INCOMPLETE');
  expect(ran.failure?.message).toContain(
    'Signed tags without a Notary Project signature that counts: 10000.',
  );
  expect(await reportOf(ran)).toMatchObject({
    counts: { repositories: 300, unsigned: 100, signed: 10_000, missing: 10_000 },
    switchOff: { isSafe: false, isWholeRegistry: true },
  });
  // One warning for all roots, and no tag is said to be more than it is.
  expect(ran.warnings.filter((line) => line.includes('first use'))).toHaveLength(1);
  expect(ran.outputs['missing-signatures']).toBe('10000');
  // Of each tag its manifest is asked for without its bytes, and the list of its signatures: once.
  expect(Object.fromEntries(counts)).toMatchObject({ HEAD: 10_000, referrers: 1_000, catalog: 3 });
  expect(counts.get('token')).toBeLessThanOrEqual(301);
  // Facts of each tag and no trust data: some 13 MB; the bound leaves room for other versions of Node.js.
  expect(heap.most - heap.before).toBeLessThan(40 * 1024 * 1024);
});
