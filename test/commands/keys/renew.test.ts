import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

const day = 24 * 60 * 60 * 1000;
let scenario: RegistryScenario;
let signedAt: number;

beforeAll(async () => {
  scenario = await startRegistryScenario();
  signedAt = Date.now();
  for (const repository of ['one', 'two']) {
    scenario.push(repository, ['1']);
    const signed = await scenario.run('sign', { registry: host, repository, tags: '1' });
    expect(signed.failure).toBeUndefined();
  }
});
afterAll(() => scenario.close());
afterEach(() => vi.useRealTimers());

const renew = (repository: string, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run('keysRenew', { registry: host, repository, 'root-key': '', ...inputs });

/** Has so many days go by since the images were signed. */
function pass(days: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: signedAt + days * day });
}

describe('the renewal of trust data', () => {
  it('says that nothing is due', async () => {
    const { failure, lines, outputs } = await renew('one');
    expect(failure).toBeUndefined();
    expect(lines.join('\n')).toMatch(/- +20\S+ +nothing is due\nNothing was changed\./);
    expect(outputs['renewed-roles']).toBe('');
  });

  it('says what would be renewed, in a dry run', async () => {
    pass(1080);
    const { failure, lines, summary, outputs } = await renew('one', { 'dry-run': 'true' });
    expect(failure).toBeUndefined();
    expect(lines.join('\n')).toMatch(
      /targets +20\S+ +would be renewed by \S.*signing\.pem.*\nNothing was changed\./,
    );
    expect(summary).toContain('### ✅ Trust data that would be renewed');
    expect(outputs['renewed-roles']).toBe('');
  });

  it('says what was renewed until when, in a report that other programs read', async () => {
    pass(1080);
    const ran = await renew('one');
    expect(ran.failure).toBeUndefined();
    expect(ran.lines).toContain(`${host}/one: targets is renewed`);
    expect(ran.summary).toMatch(
      /### ✅ Renewed trust data[^]*`targets` \| 20\S+ \| renewed until 20/,
    );
    expect(ran.outputs['renewed-roles']).toBe(`${host}/one targets`);
    expect(await reportOf(ran)).toMatchObject({
      command: 'keysRenew',
      outcome: 'done',
      dryRun: false,
      repositories: [
        {
          gun: `${host}/one`,
          firstExpiry: ran.outputs['first-expiry'],
          renewed: [{ role: 'targets', expires: ran.outputs['first-expiry'] }],
          remaining: [],
        },
      ],
    });
    const again = await renew('one');
    expect(again.lines.join('\n')).toContain('nothing is due');
  });

  it('renews what it can, and fails with the keys that the rest needs', async () => {
    pass(3640);
    const ran = await renew('two');
    expect(ran.failure).toMatchObject({
      code: 'KEY_NOT_AUTHORIZED',
      message: expect.stringMatching(
        /The available keys cannot renew all of \S+: root \(expires on 20\S+\) needs key [0-9a-f]{64}/,
      ) as string,
      remedy: expect.stringContaining('"keys recover"') as string,
    });
    expect(ran.lines.join('\n')).toMatch(/root +20\S+ +NOT RENEWED: needs key [0-9a-f]{64}/);
    expect(ran.outputs['renewed-roles']).toBe(`${host}/two targets`);
    expect(await reportOf(ran)).toMatchObject({
      repositories: [
        {
          renewed: [{ role: 'targets' }],
          remaining: [
            { role: 'root', part: 'file', renewableBy: 'others' },
            { part: 'certificate' },
          ],
        },
      ],
    });
  });

  it('is split over several runs: each repository is in one part, always the same', async () => {
    const images = [`${host}/one`, `${host}/two`].join();
    const parts = new Map<string, readonly string[]>();
    for (const shard of ['1/4', '2/4', '3/4', '4/4']) {
      const ran = await scenario.run('keysRenew', { images, shard, 'dry-run': 'true' });
      expect(ran.failure).toBeUndefined();
      const { repositories } = (await reportOf(ran)) as {
        readonly repositories: readonly { readonly gun: string }[];
      };
      parts.set(
        shard,
        repositories.map(({ gun }) => gun),
      );
      expect(ran.lines).toContain(`Part ${shard}: ${repositories.length} of 2 repositories`);
    }
    expect([...parts.values()].flat().sort()).toEqual([`${host}/one`, `${host}/two`]);
    const of = (gun: string) => [...parts].find(([, guns]) => guns.includes(gun))?.[0] ?? '';
    const alone = await renew('one', { shard: of(`${host}/one`), 'dry-run': 'true' });
    expect(alone.lines).toContain(`Part ${of(`${host}/one`)}: 1 of 1 repositories`);
  });

  it('is told which part it is for in no other way', async () => {
    for (const shard of ['0/4', '5/4', '1', '1/1000', 'first']) {
      const { failure } = await renew('one', { shard });
      expect(failure).toMatchObject({ code: 'INPUT_INVALID' });
    }
  });
});
