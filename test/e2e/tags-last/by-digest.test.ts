/** A builder that pushes by digest: the tags come after the signature, and after it only. */
import { afterAll, describe, expect, it } from 'vitest';
import type { FrontFault } from '../../stack/index.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import { readReport } from '../main-job/reported.js';
import type { ProductResult } from '../product.js';
import type { Scenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { createDigestBuilder, plainTags, whereIs, writesSince } from './pushing.js';

const { stack, scenario } = await setUp();
const builder = await createDigestBuilder(scenario);
afterAll(async () => {
  await builder.close();
});

interface Job {
  readonly repository: string;
  readonly inputs: Readonly<Record<string, string>>;
}

async function newJob(more: Readonly<Record<string, string>> = {}): Promise<Job> {
  const repository = scenario.repository();
  const inputs = {
    repository,
    tags: 'one,two',
    ...(await makeKeys(scenario)),
    context: await stack.makeImageContext(repository),
    ...more,
  };
  return { repository, inputs };
}

type More = Parameters<Scenario['run']>[0] extends infer R ? Partial<R> : never;

const runJob = ({ inputs }: Job, more: More = {}): Promise<ProductResult> =>
  scenario.run({ host: 'cli', ...builder.docker, inputs, ...more });

/** A tag that is there must be signed for what it stands for. */
async function expectNoUnsignedTag({ repository }: Job): Promise<void> {
  for (const tag of await plainTags(scenario, repository)) {
    const { standing, signed } = await whereIs(scenario, repository, tag);
    expect(signed, tag).toBe(standing);
  }
}

describe('a build that is pushed by digest', () => {
  it.each(['cli', 'action', 'task'] as const)(
    'gets its tags after the trust data is published: %s',
    async (host) => {
      const job = await newJob();
      const since = await stack.requestMark();
      const result = await runJob(job, { host });
      expectSuccess(result);
      expect(await writesSince(scenario, job.repository, since)).toEqual([
        'POST tuf/',
        expect.stringMatching(/^PUT manifests\/(one|two)$/),
        expect.stringMatching(/^PUT manifests\/(one|two)$/),
      ]);
      const digest = result.outputs.digest ?? '';
      await expectSigned(scenario, job.repository, { tags: ['one', 'two'], digest });
    },
  );

  it('gets them before the signature when asked for it', async () => {
    const job = await newJob({ 'tags-last': 'never', tags: 'one' });
    const since = await stack.requestMark();
    expectSuccess(await runJob(job));
    expect(await writesSince(scenario, job.repository, since)).toEqual([
      'PUT manifests/one',
      'POST tuf/',
    ]);
  });

  it('has no tag when the signing failed, and says so', async () => {
    const job = await newJob();
    const target = `${scenario.registry.loginServer}/v2/.*/${job.repository}/_trust/tuf/$`;
    const failure = { kind: 'answer', status: 403, body: '{}' } as const;
    await stack.failNext({ target, method: 'POST', times: 50, failure });
    const failed = await runJob(job);
    await stack.takeBackFaults(target);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.output).toContain('SIGNER_NOT_AUTHORIZED');
    expect(failed.output).toMatch(
      /No tag of \S+ was moved: what this run pushed is there under no tag/,
    );
    expect(await plainTags(scenario, job.repository)).toEqual([]);
    expectSuccess(await runJob(job));
    await expectNoUnsignedTag(job);
    expect(await plainTags(scenario, job.repository)).toEqual(['one', 'two']);
  });

  it('says which tags a locked registry keeps as they were', async () => {
    const job = await newJob();
    const body = JSON.stringify({
      errors: [
        {
          code: 'DENIED',
          message: 'The operation is disallowed on this registry, repository or image.',
        },
      ],
    });
    await stack.failNext({
      target: `/v2/${job.repository}/manifests/two$`,
      method: 'PUT',
      failure: {
        kind: 'answer',
        status: 405,
        body,
        headers: { 'content-type': 'application/json' },
      },
    });
    const failed = await runJob(job);
    expect(failed.output).toContain('PUSH_FAILED');
    expect(failed.output).toMatch(/not all of its tags could be put: /);
    expect(failed.output).toMatch(
      /:two is signed, and the registry does not have the signed image/,
    );
    expect(failed.output).toMatch(/The tag or the repository is locked/);
    const { pushed, tags } = await readReport(failed);
    expect(pushed).toBe('yes');
    expect(tags.map(({ state }) => state)).toEqual(['signed-unsettled', 'signed-untagged']);
    expectSuccess(await runJob(job));
    await expectNoUnsignedTag(job);
  });
});

/** After the repository's name: other tests run at the same time. */
const trust = { target: '/_trust/tuf/$', method: 'POST' };
const tag = { target: '/manifests/(one|two)$', method: 'PUT' };
const cut = { kind: 'cut' } as const;
const cutAfter = { kind: 'cut', afterServer: true } as const;
const faults: readonly (readonly [string, FrontFault])[] = [
  ['before the publish arrives', { ...trust, times: 9, failure: cut }],
  ['after the publish took effect', { ...trust, failure: cutAfter }],
  ['in the read-back', { target: '/_trust/tuf/timestamp', skip: 3, times: 9, failure: cut }],
  ['before a tag is put', { ...tag, times: 9, failure: cut }],
  ['after a tag was put', { ...tag, times: 9, failure: cutAfter }],
];

describe('the same command again', () => {
  it.each(faults)('ends right after a connection that broke %s', async (_when, fault) => {
    const job = await newJob();
    const target = job.repository + fault.target;
    await stack.failNext({ ...fault, target });
    await runJob(job);
    expect(await stack.takeBackFaults(target), 'the fault has hit').toBeLessThan(fault.times ?? 1);
    await expectNoUnsignedTag(job);
    const result = await runJob(job);
    expectSuccess(result);
    const digest = result.outputs.digest ?? '';
    for (const name of ['one', 'two']) {
      const place = await whereIs(scenario, job.repository, name);
      expect(place).toEqual({ standing: digest, signed: digest });
    }
  });

  it.each(['Digest', 'Signature', 'Tags'])(
    'ends right after a kill in the phase %s',
    async (phase) => {
      const job = await newJob();
      const signalWhen = {
        pattern: new RegExp(`^\\W*${phase}\\W*$`, 'm'),
        signal: 'SIGKILL',
      } as const;
      const killed = await runJob(job, { signalWhen });
      expect(killed.signal).toBe('SIGKILL');
      await expectNoUnsignedTag(job);
      const result = await runJob(job);
      expectSuccess(result);
      const digest = result.outputs.digest ?? '';
      const place = await whereIs(scenario, job.repository, 'two');
      expect(place).toEqual({ standing: digest, signed: digest });
    },
  );
});
