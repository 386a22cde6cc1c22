/**
 * The shipped command line over a network that fails at its worst moments, for once or for good:
 * while it publishes, and between that and the look at what was published.
 */
import { describe, expect, it } from 'vitest';
import { expectSuccess } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import type { FrontFault } from '../../stack/index.js';
import { isSigned, judgeRun } from './verdict.js';

const { stack, scenario } = await setUp();
const MINUTE_MS = 60_000;
const FOR_GOOD = 1000;
const unavailable = { kind: 'answer', status: 503 } as const;

/** A `sign` run with failures ordered beforehand; `post` and `read` say what they hit. */
async function signThrough(
  orders: (
    post: Pick<FrontFault, 'target' | 'method'>,
    read: Pick<FrontFault, 'target' | 'method'>,
  ) => readonly FrontFault[],
) {
  const repository = scenario.repository();
  const gun = `${scenario.registry.loginServer}/${repository}`;
  const digest = await stack.storeImage(repository, ['first', 'second'], repository);
  const keys = await makeKeys(scenario);
  const sign = (tags: string) =>
    scenario.run({ host: 'cli', inputs: { ...keys, command: 'sign', repository, tags } });
  expectSuccess(await sign('first'));
  const faults = orders(
    { target: `/${repository}/_trust/tuf/$`, method: 'POST' },
    { target: `/${repository}/_trust/tuf/timestamp\\.json$`, method: 'GET' },
  );
  for (const fault of faults) await stack.failNext(fault);
  const result = await sign('second');
  for (const { target } of faults) await stack.takeBackFaults(target);
  const signed = isSigned(await stack.trustState(gun), 'second', digest);
  const report = JSON.parse(result.stdout) as Readonly<Record<string, unknown>>;
  const outcome = { id: 0, exitCode: result.exitCode, report, log: result.stderr };
  expect(judgeRun(outcome, 'second', signed), result.output).toBeUndefined();
  const rows = await stack.notaryList({ ref: gun, login: scenario.reader.login });
  expect(rows.some(({ name }) => name === 'second')).toBe(signed);
  return { result, signed };
}

describe('a publish that fails once', () => {
  it.each<[string, FrontFault['failure']]>([
    ['is cut off before the server has it', { kind: 'cut' }],
    ['is cut off after the server has it', { kind: 'cut', afterServer: true }],
    ['is answered by half', { kind: 'truncate' }],
    ['is answered by 500', { kind: 'answer', status: 500 }],
    ['is answered by 503', { ...unavailable, headers: { 'retry-after': '1' } }],
    ['is answered late', { kind: 'delay', delayMs: 3000 }],
  ])('%s, and is brought to its end', async (_how, failure) => {
    const { result, signed } = await signThrough((post) => [{ ...post, failure }]);
    expectSuccess(result);
    expect(signed).toBe(true);
  });
});

describe('a publish that keeps failing', () => {
  it('is given up, with nothing signed', async () => {
    const { result, signed } = await signThrough((post) => [
      { ...post, failure: unavailable, times: FOR_GOOD },
    ]);
    expect(result.exitCode, result.output).toBe(1);
    expect(signed).toBe(false);
    expect(result.output).toContain('TRUST_SERVER_UNREACHABLE');
  });

  it(
    'is not called failed when it took effect and nothing can be read any more',
    async () => {
      const mute = (kind: FrontFault['failure']) =>
        signThrough((post, read) => [
          { ...post, failure: kind },
          // The run reads once before it publishes.
          { ...read, failure: unavailable, skip: 1, times: FOR_GOOD },
        ]);
      const [answered, cut] = await Promise.all([
        mute({ kind: 'delay', delayMs: 1 }),
        mute({ kind: 'cut', afterServer: true }),
      ]);
      expect(answered.signed && cut.signed).toBe(true);
      expect(answered.result.output).toMatch(
        /accepted the trust data of \S+, but it could not be read back: [^]*It is not known whether \S+ is signed/,
      );
      expect(cut.result.output).toMatch(/it is not known whether the publish took effect/);
    },
    9 * MINUTE_MS,
  );
});
