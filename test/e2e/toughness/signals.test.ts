/**
 * Signals while a run waits for an answer, in each phase, as the hosts send them: GitHub's runner and the
 * agent of Azure Pipelines interrupt and soon terminate, a terminal that is closed hangs up. A run that is stopped says
 * so, leaves nothing on the machine, and calls nothing signed that it has not read back.
 */
import { constants } from 'node:os';
import { describe, it, type TestContext } from 'vitest';
import type { TrustState } from '../../stack/index.js';
import { uniqueName } from '../../stack/index.js';
import { toldBy } from '../expectations.js';
import { leftovers } from '../failures/refused.js';
import { readReport } from '../main-job/reported.js';
import { isSigned } from '../network-faults/verdict.js';
import type { ProductHost } from '../product.js';
import { createScenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario } = await setUp();

type Phase = 'login' | 'key' | 'signature' | 'publish' | 'read-back';

const rows: [Phase, ProductHost, NodeJS.Signals[]][] = [
  ['login', 'action', ['SIGINT', 'SIGTERM']],
  ['login', 'cli', ['SIGHUP']],
  ['key', 'task', ['SIGINT', 'SIGTERM']],
  ['key', 'cli', ['SIGTERM']],
  ['signature', 'action', ['SIGINT', 'SIGTERM']],
  ['signature', 'cli', ['SIGINT', 'SIGINT']],
  ['publish', 'task', ['SIGINT', 'SIGTERM']],
  ['publish', 'cli', ['SIGHUP']],
  ['read-back', 'action', ['SIGINT', 'SIGTERM']],
  ['read-back', 'task', ['SIGTERM']],
];

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

    // Two that are sent at once need not arrive in their order.
    const first = signals.find((name) => 128 + constants.signals[name] === result.exitCode);
    expect(signals, result.output).toContain(first);
    expect(result.signal).toBeNull();
    const told = toldBy(result);
    expect(told.map(({ code }) => code)).toEqual(['INTERRUPTED']);
    expect(told[0]?.message).toContain(`The run was stopped by ${first} before it was done.`);
    expect(result.taskResult).toBe(host === 'task' ? 'Failed' : undefined);
    expect(await leftovers(result)).toEqual([]);

    const state: TrustState = await stack.trustState(`${loginServer}/${repository}`);
    const isPublished = state.targets !== undefined && isSigned(state, '1', digest);
    expect(isPublished).toBe(phase === 'read-back');
    expect(result.outputs['signed-tags']).toBeUndefined();
    const { tags } = await readReport(result);
    expect(tags).toMatchObject([{ tag: '1', signed: false }]);
    const isKnown = phase !== 'publish' && phase !== 'read-back';
    if (isKnown) expect(told[0]?.message).not.toContain('not known');
    else expect(told[0]?.message).toMatch(/not known|accepted/);
  });
});
