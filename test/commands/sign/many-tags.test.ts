/** As many tags as a release may have, without as many requests under way. */
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Transport } from '../../../src/http/transport.js';
import { limits } from '../../../src/limits.js';
import {
  host,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

/** Requests under way at the same time; counted below the client of the product. */
const traffic = { now: 0, most: 0 };
let scenario: RegistryScenario;

const transport: Transport = async (request, url) => {
  traffic.now += 1;
  traffic.most = Math.max(traffic.most, traffic.now);
  // A while, in which everybody who may ask does so.
  for (let turns = 0; turns < 5; turns += 1) await turn();
  const { authorization, Authorization = authorization ?? '' } = request.headers ?? {};
  const headers = { ...request.headers, authorization: Authorization, Authorization };
  const answer = await scenario.answerTo({ ...request, url: url.href, headers });
  traffic.now -= 1;
  return {
    status: answer.status,
    header: (name) => answer.header(name),
    body: Readable.from([answer.body]),
  };
};
vi.mock('../../../src/http/transport.js', () => ({ createTransport: () => transport }));

beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterAll(() => scenario.close());

it('1,200 tags of eight repositories are signed with a bounded number of requests at once', async () => {
  const repositories = Array.from({ length: 8 }, (_, index) => `team/app-${index}`);
  const tags = Array.from({ length: 150 }, (_, index) => `1.${index}`);
  for (const repository of repositories) scenario.push(repository, tags);
  const images = repositories.flatMap((name) => tags.map((tag) => `${host}/${name}:${tag}`));
  const { failure, outputs } = await scenario.run('sign', { images: images.join('\n') });
  expect(failure).toBeUndefined();
  expect(outputs['signed-tags']?.split(',')).toHaveLength(1200);
  expect(repositories.every((name) => tags.every((tag) => scenario.isSigned(name, tag)))).toBe(
    true,
  );
  // As many as may be, and no more.
  expect(traffic.most).toBe(limits.concurrentRequests);
});
