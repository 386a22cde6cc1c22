/** Whether content trust can go, how far a run is, and which part of all repositories it is for. */
import { describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import {
  createProgress,
  isInShard,
  judgeSwitchOff,
  parseShard,
  type RepositoryOutcome,
  type TagOutcome,
} from '../../src/migration/index.js';

const outcome = (change: Partial<RepositoryOutcome> = {}): RepositoryOutcome => ({
  gun: 'contoso.azurecr.io/team/app',
  trustData: 'verified',
  tags: [],
  unverifiable: [],
  thresholds: [],
  ...change,
});

const tag = (state: TagOutcome['state'], change: Partial<TagOutcome> = {}): TagOutcome => ({
  ...{ tag: '1', digest: 'sha256:a', length: 1, roles: [], signers: [], expires: undefined },
  state,
  ...change,
});

const error = new TrustError('REGISTRY_FAILED', 'it is busy', { remedy: 'wait' });

describe('switching content trust off', () => {
  it.each<[string, Partial<RepositoryOutcome>, boolean]>([
    ['nothing is signed', { trustData: 'unsigned' }, true],
    ['every tag has a signature', { tags: [tag('both'), tag('both')] }, true],
    ['an image was deleted', { tags: [tag('both'), tag('gone')] }, true],
    ['a moved tag has one where it was', { tags: [tag('moved', { signature: 'x' })] }, true],
    ['what has expired is not signed', { trustData: 'expired' }, true],
    ['a signature is missing', { tags: [tag('both'), tag('missing')] }, false],
    ['a tag was moved', { tags: [tag('moved')] }, false],
    ['an image could not be looked at', { tags: [tag('failed', { error })], error }, false],
    ['trust data could not be read', { trustData: 'unreadable', error }, false],
    ['anything at all went wrong', { tags: [tag('both')], error }, false],
  ])('where %s', (_, change, isSafe) => {
    const others = [outcome({ tags: [tag('both')] })];
    expect(judgeSwitchOff([...others, outcome(change)]).isSafe).toBe(isSafe);
  });

  it('loses what no Notary Project signature has, and says so', () => {
    const { lost } = judgeSwitchOff([outcome({ tags: [tag('both')] })]);
    expect(lost.map((line) => line.split(':', 1)[0])).toEqual([
      'Tags',
      'Freshness',
      'Thresholds',
      'Consumers',
    ]);
    const more = judgeSwitchOff([
      outcome({
        thresholds: ['targets/two'],
        tags: [tag('gone')],
        unverifiable: [{ tag: '1', digest: undefined, state: 'expired', reason: 'r' }],
      }),
    ]).lost;
    expect(more.join('\n')).toMatch(
      /needed today by targets\/two of contoso\.azurecr\.io\/team\/app/,
    );
    expect(more.join('\n')).toMatch(
      /Expired \(1\): tags.*\nDeleted \(1\): the images of these signed tags/,
    );
  });
});

describe('the progress of a run', () => {
  it('is told from time to time, with an estimate', () => {
    let now = 0;
    const lines: string[] = [];
    const { step } = createProgress(
      10_000,
      'signed tags',
      (line) => lines.push(line),
      () => now,
    );
    step(100);
    now = 16_000;
    step(100);
    now = 20_000;
    step(100);
    now = 3_600_000;
    step(4_700);
    now = 7_200_000;
    step(5_000);
    expect(lines).toEqual([
      '200 of 10000 signed tags (2 %), about 13 min left',
      '5000 of 10000 signed tags (50 %), about 1 h 0 min left',
    ]);
  });
});

describe('a part of the repositories', () => {
  it.each(['0/4', '5/4', '1', '1/101', 'a/b', '1/4/2', ' 1/4', '-1/4'])('is not %j', (text) => {
    expect(() => parseShard(text)).toThrow(TrustError);
  });

  it('has each of them exactly once, whatever others there are', () => {
    const guns = Array.from({ length: 400 }, (_, index) => `contoso.azurecr.io/team/app${index}`);
    const shards = ['1/4', '2/4', '3/4', '4/4'].map(parseShard);
    const parts = shards.map((shard) => guns.filter((gun) => isInShard(shard, gun)));
    expect(parts.flat().sort()).toEqual([...guns].sort());
    for (const part of parts) expect(part.length).toBeGreaterThan(60);
    // A later release must not change it: runs of both may work side by side.
    expect(
      guns.slice(0, 8).map((gun) => 1 + parts.findIndex((part) => part.includes(gun))),
    ).toEqual([3, 1, 2, 2, 3, 3, 2, 3]);
    expect(guns.filter((gun) => isInShard({ part: 1, of: 1 }, gun))).toHaveLength(400);
  });
});
