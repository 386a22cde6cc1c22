/** Several pipelines that push and sign the same tag at the same time. */
import { afterAll, describe, expect, it } from 'vitest';
import { expectSuccess } from '../expectations.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import type { ProductResult } from '../product.js';
import { seedsToTry } from '../../seeded-schedule.js';
import { makeKeys, setUp } from '../set-up.js';
import { createDigestBuilder, toldMoved, whereIs } from '../tags-last/pushing.js';
import { runInTurn } from './in-turn.js';

const { stack, scenario } = await setUp();
const builder = await createDigestBuilder(scenario);
afterAll(() => builder.close());

/** A repository that has trust data, and the inputs of every run. */
async function initialised(): Promise<Record<string, string>> {
  const repository = scenario.repository();
  const keys = await makeKeys(scenario);
  await pushByDocker(scenario, repository, 'first');
  const inputs = { ...keys, repository, tags: 'first' };
  expectSuccess(await scenario.run({ host: 'cli', inputs: { ...inputs, command: 'sign' } }));
  return { ...inputs, tags: 'latest' };
}

/** Both sides agree on what one of the winners made, and everybody else was told. */
async function expectOneWinner(
  repository: string,
  results: readonly ProductResult[],
): Promise<void> {
  const place = await whereIs(scenario, repository, 'latest');
  expect(place.signed).toBe(place.standing);
  const won = results.filter(({ exitCode }) => exitCode === 0);
  const digests = won.map(({ outputs }) => outputs.digest);
  expect(digests, results.map(({ output }) => output).join('\n')).toContain(place.standing);
  for (const result of results) {
    if (result.exitCode !== 0) expect(toldMoved(result), result.output).toBe(true);
  }
}

describe('runs that push and sign one tag at once', () => {
  it.each(seedsToTry(2))('end in agreement with the tags last, in the order %i', async (seed) => {
    const inputs = await initialised();
    const repository = inputs.repository ?? '';
    const target = `/${repository}/(_trust/tuf/|manifests/latest)$`;
    const run = (n: number) => async (): Promise<ProductResult> => {
      const context = await stack.makeImageContext(`${repository} ${n}`);
      const host = n % 2 === 0 ? 'action' : 'cli';
      return scenario.run({ host, ...builder.docker, inputs: { ...inputs, context } });
    };
    const runs = { first: run(1), second: run(2), third: run(3) };
    const { results, trace } = await runInTurn(stack, { target, seed }, runs);
    // Each had its turn more than once, or the order would prove nothing.
    expect(trace.length, trace.join()).toBeGreaterThan(2 * results.length);
    await expectOneWinner(repository, results);
  });

  it('end in agreement with the tags first and last, on different engines', async () => {
    const inputs = await initialised();
    const buildx = await stack.makeDockerConfig({ buildx: true });
    const ways = [
      { docker: 'docker20' },
      { docker: 'docker26', dockerConfig: buildx },
      builder.docker,
    ] as const;
    const results = await Promise.all(
      ways.map(async (way, n) => {
        const context = await stack.makeImageContext(`${inputs.repository ?? ''} ${n}`);
        const host = n === 0 ? 'action' : 'cli';
        return scenario.run({ host, ...way, inputs: { ...inputs, context } });
      }),
    );
    await expectOneWinner(inputs.repository ?? '', results);
  });
});

describe('a tag that is moved while it is signed', () => {
  it('is not reported as signed', async () => {
    const inputs = await initialised();
    const repository = inputs.repository ?? '';
    await pushByDocker(scenario, repository, 'latest');
    const args = { ...inputs, command: 'sign' };
    // The publish waits until another run has pushed the tag.
    const target = `/${repository}/_trust/tuf/$`;
    const failure = { kind: 'hold', name: repository } as const;
    await stack.failNext({ target, method: 'POST', failure });
    const running = scenario.run({ host: 'cli', inputs: args });
    await expect.poll(() => stack.held(repository)).toBe(1);
    const moved = await stack.makeImageContext(`${repository} moved`);
    const ref = `${scenario.registry.loginServer}/${repository}:latest`;
    const login = { server: scenario.registry.loginServer, ...scenario.signer.login };
    for (const command of [
      ['build', '-t', ref, moved],
      ['push', ref],
    ]) {
      const env = { DOCKER_BUILDKIT: '0' };
      const done = await stack.docker({ engine: 'docker20', args: command, login, env });
      expect(done.exitCode, done.output).toBe(0);
    }
    await stack.release(repository);
    const result = await running;
    expect(toldMoved(result), result.output).toBe(true);
    expect(result.output).toMatch(
      /was signed for sha256:\w+, and points to sha256:\w+ now: another run moved it/,
    );
    expect(result.outputs['signed-tags']).toBeUndefined();
  });
});
