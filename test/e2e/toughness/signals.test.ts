/**
 * Signals while a run waits for an answer, in each phase, as the hosts send them: GitHub's runner and the
 * agent of Azure Pipelines interrupt and soon terminate, a terminal that is closed hangs up. A run that is stopped says
 * so, leaves nothing on the machine, and calls nothing signed that it has not read back.
 */
import { constants } from 'node:os';
import { describe, it, type TestContext } from 'vitest';
import type { TrustState } from '../../stack/index.js';
import { uniqueName } from '../../stack/index.js';
import { expectSuccess, toldBy } from '../expectations.js';
import { leftovers } from '../failures/refused.js';
import { readReport } from '../main-job/reported.js';
import { isSigned } from '../network-faults/verdict.js';
import type { ProductHost, ProductResult } from '../product.js';
import { createScenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario } = await setUp();

type Phase = 'login' | 'key' | 'signature' | 'publish' | 'read-back';

/** Each phase on each host; those who sit at a terminal have more signals than runners and agents. */
const byRunners: NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
const atTerminals: Readonly<Record<Phase, NodeJS.Signals[]>> = {
  login: ['SIGHUP'],
  key: ['SIGTERM'],
  signature: ['SIGINT', 'SIGINT'],
  publish: ['SIGHUP'],
  'read-back': ['SIGINT'],
};
const rows = (Object.keys(atTerminals) as Phase[]).flatMap(
  (phase): [Phase, ProductHost, NodeJS.Signals[]][] => [
    [phase, 'action', byRunners],
    [phase, 'task', byRunners],
    [phase, 'cli', atTerminals[phase]],
  ],
);

/** Has a request wait; fulfilled once it does. */
async function hold(
  { expect }: Pick<TestContext, 'expect'>,
  target: string,
  fault: { readonly method?: string } = {},
) {
  const name = uniqueName('hold');
  await stack.failNext({ target, ...fault, failure: { kind: 'hold', name } });
  const reached = expect.poll(() => stack.held(name), { timeout: 60_000 }).toBe(1);
  return { reached, release: () => stack.release(name) };
}

/** Has the run wait in `phase`; fulfilled once it does. */
async function holdIn(
  test: Pick<TestContext, 'expect'>,
  phase: Phase,
  { loginServer, repository, key }: Record<'loginServer' | 'repository' | 'key', string>,
): Promise<{ readonly reached: Promise<unknown> }> {
  const trust = `${repository}/_trust/tuf/`;
  switch (phase) {
    case 'login':
      return hold(test, `${loginServer}/oauth2/exchange`);
    case 'key':
      return hold(test, `/keys/${key}`);
    case 'signature':
      return hold(test, `/keys/${key}/[0-9a-f]+/sign`);
    case 'publish':
      return hold(test, trust, { method: 'POST' });
    case 'read-back': {
      const publish = await hold(test, trust, { method: 'POST' });
      const readBack = publish.reached.then(async () => {
        const reading = await hold(test, trust, { method: 'GET' });
        await publish.release();
        await reading.reached;
      });
      return { reached: readBack };
    }
  }
}

/** Says that it ended by one of the signals, said so, and left nothing; gives what it said. */
async function expectStopped(
  { expect }: Pick<TestContext, 'expect'>,
  result: ProductResult,
  signals: readonly NodeJS.Signals[],
): Promise<string> {
  // Two that are sent at once need not arrive in their order.
  const first = signals.find((name) => 128 + constants.signals[name] === result.exitCode);
  expect(signals, result.output).toContain(first);
  expect(result.signal).toBeNull();
  const told = toldBy(result);
  expect(told.map(({ code }) => code)).toEqual(['INTERRUPTED']);
  const message = told[0]?.message ?? '';
  expect(message).toContain(`The run was stopped by ${first} before it was done.`);
  expect(result.taskResult).toBe(result.host === 'task' ? 'Failed' : undefined);
  expect(await leftovers(result)).toEqual([]);
  return message;
}

describe('a run that is stopped while it waits', () => {
  it.concurrent.for(rows)('for the %s, on the %s by %s', async ([phase, host, signals], test) => {
    const { expect } = test;
    // Logins name no repository, so that a registry of its own tells them apart.
    const own = phase === 'login' ? await createScenario(stack) : scenario;
    const repository = own.repository();
    const digest = await stack.storeImage(repository, ['1'], repository);
    const keys = await makeKeys(own);
    const [, key = ''] = /\/keys\/([^/]+)/.exec(keys['signing-key']) ?? [];
    const { loginServer } = own.registry;
    const { reached } = await holdIn(test, phase, { loginServer, repository, key });
    const inputs = { ...keys, command: 'sign', repository, tags: '1' };
    const [result] = await Promise.all([
      own.run({ host, inputs, signals: { after: reached, names: signals } }),
      reached,
    ]);

    const message = await expectStopped(test, result, signals);

    const state: TrustState = await stack.trustState(`${loginServer}/${repository}`);
    const isPublished = state.targets !== undefined && isSigned(state, '1', digest);
    expect(isPublished).toBe(phase === 'read-back');
    expect(result.outputs['signed-tags']).toBeUndefined();
    const { tags } = await readReport(result);
    expect(tags).toMatchObject([{ tag: '1', signed: false }]);
    const isKnown = phase !== 'publish' && phase !== 'read-back';
    if (isKnown) expect(message).not.toContain('not known');
    else expect(message).toMatch(/not known|accepted/);
  });
});

describe('another command that is stopped', () => {
  const signed = async () => {
    const repository = scenario.repository();
    await stack.storeImage(repository, ['1'], repository);
    const keys = await makeKeys(scenario);
    const inputs = { ...keys, command: 'sign', repository, tags: '1' };
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
    return { repository, keys };
  };
  const tagsOf = async (repository: string) => {
    const gun = `${scenario.registry.loginServer}/${repository}`;
    const found = await stack.notaryList({ ref: gun, login: scenario.reader.login });
    return found.map(({ name }) => name);
  };

  it.concurrent('vouches for no image: verify, while it reads', async (test) => {
    const { repository } = await signed();
    const { reached } = await hold(test, `${repository}/_trust/tuf/`, { method: 'GET' });
    const images = `${scenario.registry.loginServer}/${repository}:1`;
    const result = await scenario.run({
      host: 'task',
      inputs: { command: 'verify', images, registry: undefined },
      signals: { after: reached, names: byRunners },
    });
    await expectStopped(test, result, byRunners);
    test.expect(result.outputs.images ?? '').toBe('');
    test.expect(result.outputs.image ?? '').toBe('');
  });

  it.concurrent.for(['publish', 'read-back'] as const)(
    'leaves a repository that a second run completes: keys rotate, at its %s',
    async (phase, test) => {
      const { repository, keys } = await signed();
      const newKey = await scenario.vault.key();
      const inputs = { ...keys, command: 'keysRotate', repository, role: 'targets' };
      const rotation = { ...inputs, 'new-key': newKey };
      const { loginServer } = scenario.registry;
      const { reached } = await holdIn(test, phase, { loginServer, repository, key: '' });
      const signals = { after: reached, names: byRunners };
      const stopped = await scenario.run({ host: 'action', inputs: rotation, signals });
      await expectStopped(test, stopped, byRunners);
      test.expect(await tagsOf(repository)).toEqual(['1']);
      expectSuccess(await scenario.run({ host: 'cli', inputs: rotation }));
      test.expect(await tagsOf(repository)).toEqual(['1']);
      const signing = { command: 'sign', repository, tags: '1', 'signing-key': newKey };
      expectSuccess(await scenario.run({ host: 'cli', inputs: signing }));
    },
  );
});
