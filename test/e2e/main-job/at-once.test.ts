/** Several pipelines that push and sign to one repository at the same time. */
import { describe, expect, it } from 'vitest';
import { expectSigned, expectSuccess } from '../expectations.js';
import type { ProductResult } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';
import { readReport } from './reported.js';
import { pushUnsigned } from './unsigned-tag.js';

const { stack, scenario } = await setUp();
const tags = ['a', 'b', 'c', 'd', 'e', 'f'];

/** The tags that are signed, with their digests. */
async function listed(repository: string): Promise<Record<string, string>> {
  const ref = `${scenario.registry.loginServer}/${repository}`;
  const rows = await stack.notaryList({ ref, login: scenario.reader.login });
  return Object.fromEntries(rows.map(({ name, digest }) => [name, `sha256:${digest}`]));
}

/** Pushes every tag unsigned; what each stands for. */
async function pushAll(repository: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const tag of tags) digests[tag] = await pushUnsigned(scenario, repository, tag);
  return digests;
}

/** One run of the command line for each tag, all started at once. */
function signAll(inputs: Readonly<Record<string, string>>): Promise<ProductResult[]> {
  const runs = tags.map((tag) =>
    scenario.run({ host: 'cli', inputs: { ...inputs, command: 'sign', tags: tag } }),
  );
  return Promise.all(runs);
}

describe('six runs at once', () => {
  it('sign a tag each, of which one initialises the repository, and none is lost', async () => {
    const repository = scenario.repository();
    const digests = await pushAll(repository);
    const results = await signAll({ ...(await makeKeys(scenario)), repository });
    for (const result of results) expectSuccess(result);
    const reports = await Promise.all(results.map(readReport));
    expect(reports.filter(({ initialised }) => initialised)).toHaveLength(1);
    expect(await listed(repository)).toEqual(digests);
  });

  it('sign a tag each beside what is signed already', async () => {
    const repository = scenario.repository();
    const first = await pushUnsigned(scenario, repository, 'first');
    const inputs = { ...(await makeKeys(scenario)), repository };
    const command = { ...inputs, command: 'sign', tags: 'first' };
    expectSuccess(await scenario.run({ host: 'cli', inputs: command }));
    const digests = await pushAll(repository);
    for (const result of await signAll(inputs)) expectSuccess(result);
    expect(await listed(repository)).toEqual({ first, ...digests });
    await expectSigned(scenario, repository, { tags: ['f'], digest: digests.f ?? '' });
  });

  it('build, push and sign, as different hosts and Docker engines', async () => {
    const repository = scenario.repository();
    const inputs = { ...(await makeKeys(scenario)), repository };
    const hosts = ['cli', 'action', 'task', 'cli', 'action', 'task'] as const;
    const results = await Promise.all(
      hosts.map(async (host, index) => {
        const tag = tags[index] ?? '';
        return scenario.run({
          host,
          docker: index % 2 === 0 ? 'docker20' : 'docker26',
          inputs: {
            ...inputs,
            tags: tag,
            context: await stack.makeImageContext(`${repository} ${tag}`),
          },
        });
      }),
    );
    for (const result of results) expectSuccess(result);
    const digests = results.map(({ outputs }, index) => [tags[index], outputs.digest] as const);
    expect(await listed(repository)).toEqual(Object.fromEntries(digests));
    expect(new Set(digests.map(([, digest]) => digest)).size).toBe(tags.length);
  });
});
