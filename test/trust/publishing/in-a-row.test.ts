/** Many signs in one process: what one of them leaves, the next must not pay for. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { publishTags } from '../../../src/trust/index.js';
import { content, TestRepository } from '../support/repository.js';

const MIB = 2 ** 20;

/** Signs a tag for another digest each time: read, verify, publish, read back. Milliseconds of CPU each. */
async function sign(repository: TestRepository, count: number): Promise<number> {
  const started = process.cpuUsage();
  for (let turn = 0; turn < count; turn += 1) {
    const { alreadySigned } = await publishTags(repository.server, {
      ...repository.context,
      signer: repository.targets,
      tags: new Map([['1', content('ab'[turn % 2] ?? '')]]),
    });
    expect(alreadySigned).toBe(false);
    // What the test itself keeps.
    repository.log.lines.length = 0;
    repository.fake.requests.length = 0;
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000 / count;
}

/** What is in use once nothing is left to collect. */
async function inUse() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 3; turn += 1) {
    collect();
    // What was finalized lets go of more.
    await new Promise(setImmediate);
  }
  const handles = process.getActiveResourcesInfo().length;
  return { mib: process.memoryUsage().heapUsed / MIB, handles };
}

describe('300 signs in a row', () => {
  it('take no more memory, handles or time each', async () => {
    const repository = await new TestRepository().initialise();
    await sign(repository, 50);
    const first = await sign(repository, 50);
    const before = await inUse();
    await sign(repository, 150);
    const last = await sign(repository, 50);
    const after = await inUse();
    // The fake server keeps each version, some 3 KB a publish. 20 KB a sign would be 4 MiB.
    expect(after.mib - before.mib).toBeLessThan(3);
    // A few belong to the test runner, and come and go.
    expect(after.handles - before.handles).toBeLessThan(10);
    // What grows with each sign would take four times as long. Others may use the same core.
    expect(last).toBeLessThan(3 * first + 5);
  });
});
