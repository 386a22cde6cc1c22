/**
 * What the everyday commands may cost: requests, exchanges one after another, connections. Exact, so
 * that one more of any is seen where it is added. The stack is behind a proxy. Of Entra ID nothing is
 * counted, which all tests ask.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../stack/index.js';
import { expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { makeKeys, setUp } from '../set-up.js';
import { longestChain, named } from './exchanges.js';

const { stack, scenario, gunOf } = await setUp();
const hosts = [scenario.registry.loginServer, new URL(scenario.vault.url).host];
const target = `^(?:${hosts.join('|')})/`;
/** Far more than what lies between two requests, even on a busy machine. */
const DELAY_MS = 1000;

/** Runs the command line while every answer takes its time, and gives what was asked. */
async function runSlowly(
  inputs: Readonly<Record<string, string | undefined>>,
): Promise<readonly FrontRequest[]> {
  const since = await stack.requestMark();
  const failure = { kind: 'delay', delayMs: DELAY_MS } as const;
  await stack.failNext({ target, times: 200, failure });
  expectSuccess(await scenario.run({ host: 'cli', inputs }));
  const requests = await stack.requests({ since });
  return requests.filter(({ host }) => hosts.includes(host));
}

afterEach(() => stack.takeBackFaults(target));

interface Cost {
  readonly requests: number;
  readonly inSequence: number;
  readonly connections: number;
}

function expectCost(requests: readonly FrontRequest[], cost: Cost): void {
  const found = {
    requests: requests.length,
    inSequence: longestChain(requests).length,
    connections: new Set(requests.map(({ connection }) => connection)).size,
  };
  const lines = requests.map((one) => `${one.connection} ${one.host} ${named(one)}`);
  expect.soft(found, lines.join('\n')).toEqual(cost);
}

describe('with a key in a vault', () => {
  it('one more tag is signed, and verified, at a fixed cost', async () => {
    const repository = scenario.repository();
    const keys = await makeKeys(scenario);
    const command = { ...keys, command: 'sign', repository };
    for (const tag of ['first', 'second', 'third']) await pushUnsigned(scenario, repository, tag);
    expectSuccess(await scenario.run({ host: 'cli', inputs: { ...command, tags: 'first' } }));
    const byTag = await runSlowly({ ...command, tags: 'second' });
    expectCost(byTag, { requests: 19, inSequence: 6, connections: 9 });
    const images = `${gunOf(repository)}:third`;
    const byName = await runSlowly({ ...keys, command: 'sign', registry: undefined, images });
    expectCost(byName, { requests: 19, inSequence: 6, connections: 9 });
    const verified = await runSlowly({ command: 'verify', registry: undefined, images });
    expectCost(verified, { requests: 9, inSequence: 4, connections: 5 });
  });
});
