/** What a user waits for when one more tag is signed. */
import { describe, expect, it } from 'vitest';
import type { FrontRequest } from '../../stack/index.js';
import { expectSigned, expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { makeKeys, setUp } from '../set-up.js';
import { exchangesOf, longestChain, named } from './exchanges.js';

const { stack, scenario } = await setUp();
/** Far more than what lies between two requests, even on a busy machine. */
const DELAY_MS = 2000;

/** Signs `tags` while every answer of registry and trust server takes its time. */
async function signSlowly(
  inputs: Readonly<Record<string, string>>,
): Promise<{ readonly exchanges: FrontRequest[]; readonly all: FrontRequest[] }> {
  const host = scenario.registry.loginServer;
  const since = await stack.requestMark();
  const target = `${host}/v2/.+`;
  await stack.failNext({
    target,
    times: 200,
    failure: { kind: 'delay', delayMs: DELAY_MS },
  });
  try {
    expectSuccess(await scenario.run({ host: 'cli', inputs }));
  } finally {
    await stack.takeBackFaults(target);
  }
  const all = await stack.requests({ since });
  return { exchanges: exchangesOf(all, host), all };
}

// Everything is read; the tags are looked up again, while the vault signs; the publish; the read-back.
describe('signing one more tag of an initialised repository', () => {
  it('takes four exchanges after each other, however many requests those are', async () => {
    const repository = scenario.repository();
    const keys = {
      ...(await makeKeys(scenario)),
    };
    const command = { ...keys, command: 'sign', repository };
    const first = await pushUnsigned(scenario, repository, 'first');
    expectSuccess(await scenario.run({ host: 'cli', inputs: { ...command, tags: 'first' } }));
    const digest = await pushUnsigned(scenario, repository, 'second');
    const { exchanges } = await signSlowly({ ...command, tags: 'second' });
    const chain = longestChain(exchanges);
    expect(chain.length, chain.map(named).join('\n')).toBeLessThanOrEqual(4);
    expect(exchanges.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await expectSigned(scenario, repository, { tags: ['second'], digest });
    await expectSigned(scenario, repository, { tags: ['first'], digest: first });
  });

  it('takes no more for ten tags, in one publish', async () => {
    const repository = scenario.repository();
    const keys = {
      ...(await makeKeys(scenario)),
    };
    const command = { ...keys, command: 'sign', repository };
    await pushUnsigned(scenario, repository, 'first');
    expectSuccess(await scenario.run({ host: 'cli', inputs: { ...command, tags: 'first' } }));
    const tags = [];
    for (let n = 0; n < 10; n += 1) tags.push(`tag-${n}`);
    for (const tag of tags) await pushUnsigned(scenario, repository, tag);
    const { exchanges } = await signSlowly({ ...command, tags: tags.join(',') });
    const chain = longestChain(exchanges);
    expect(chain.length, chain.map(named).join('\n')).toBeLessThanOrEqual(4);
    expect(exchanges.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
