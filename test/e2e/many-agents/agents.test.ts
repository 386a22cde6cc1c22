/**
 * Thirty-two processes that sign different tags of one repository at the same time: all succeed, no
 * tag is lost, and none of them needs more than its deadline.
 */
import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/limits.js';
import { expectSuccess } from '../expectations.js';
import { createNotaryOwner } from '../main-job/stock-owners.js';
import { newPrivateKey } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { publishesSince, signAtOnce, type AgentRun } from './agents.js';

const { stack, scenario } = await setUp();
/** For what comes before and after the agents, on a busy machine. */
const MOST_MS = 12 * 60_000;
const tags = Array.from({ length: 32 }, (_, index) => `build-${index + 1}`);
/** What a hosted agent has left beside a build. */
const MOST_BYTES = 256 * 1024 * 1024;

async function listed(repository: string): Promise<Record<string, string>> {
  const ref = `${scenario.registry.loginServer}/${repository}`;
  const rows = await stack.notaryList({ ref, login: scenario.reader.login });
  return Object.fromEntries(rows.map(({ name, digest }) => [name, `sha256:${digest}`]));
}

/** Starts all agents and reports what they took. */
async function signAll(
  repository: string,
  inputs: Readonly<Record<string, string>>,
): Promise<readonly AgentRun[]> {
  const mark = await stack.requestMark();
  const started = performance.now();
  const runs = await signAtOnce(scenario, tags, { repository, ...inputs });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const slowest = Math.max(...runs.map(({ elapsedMs }) => elapsedMs)) / 1000;
  const peak = Math.max(...runs.map(({ peakBytes }) => peakBytes)) / 1024 / 1024;
  const { sent, refused } = await publishesSince(scenario, repository, mark);
  console.log(
    `${tags.length} agents: ${seconds} s in all, slowest ${slowest.toFixed(1)} s, ` +
      `${sent} publishes of which ${refused} were refused, at most ${peak.toFixed(0)} MiB`,
  );
  return runs;
}

function expectAllDone(runs: readonly AgentRun[]): void {
  for (const run of runs) expectSuccess(run);
  for (const { elapsedMs, peakBytes, tag } of runs) {
    expect(elapsedMs, tag).toBeLessThan(limits.publishDeadlineMs);
    expect(peakBytes, tag).toBeLessThan(MOST_BYTES);
  }
}

const everyTag = (digest: string) => Object.fromEntries(tags.map((tag) => [tag, digest]));

describe('thirty-two agents at once', { timeout: MOST_MS }, () => {
  it('sign into a repository without trust data, which one of them initialises', async () => {
    const repository = scenario.repository();
    const keys = await makeKeys(scenario);
    const digest = await stack.storeImage(repository, tags, repository);
    expectAllDone(await signAll(repository, keys));
    expect(await listed(repository)).toEqual(everyTag(digest));
  });

  it('sign into two delegations of another user’s repository', async () => {
    const repository = scenario.repository();
    const gun = `${scenario.registry.loginServer}/${repository}`;
    const owner = await createNotaryOwner(scenario, repository);
    const key = newPrivateKey();
    const publicFile = path.join(owner.trustDir, 'ci.pub');
    await writeFile(publicFile, createPublicKey(key).export({ type: 'spki', format: 'pem' }));
    await owner.notary('init', gun, '--publish');
    await owner.notary('key', 'rotate', gun, 'snapshot', '--server-managed');
    for (const role of ['targets/releases', 'targets/ci']) {
      await owner.notary('delegation', 'add', gun, role, publicFile, '--all-paths', '--publish');
    }
    const signingKey = await scenario.vault.secret(key);
    const digest = await stack.storeImage(repository, tags, repository);
    expectAllDone(await signAll(repository, { 'signing-key': signingKey }));
    expect(await listed(repository)).toEqual(everyTag(digest));
    const inspected = await stack.dockerTrustInspect({
      engine: 'docker26',
      ref: gun,
      login: scenario.reader.login,
    });
    expect(inspected?.SignedTags.map(({ SignedTag, Signers }) => [SignedTag, Signers])).toEqual(
      tags.map((tag) => [tag, ['ci']]),
    );
  });
});
