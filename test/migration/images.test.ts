/** What becomes of the signed tags of a repository. */
import { describe, expect, it } from 'vitest';
import { TrustError, type ErrorCode } from '../../src/errors.js';
import { limits } from '../../src/limits.js';
import {
  settleImages,
  type ImagePorts,
  type SignedTagFacts,
  type TagOutcome,
} from '../../src/migration/index.js';
import type { ManifestDescriptor } from '../../src/notation/index.js';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;
const image = (letter: string): ManifestDescriptor => ({
  mediaType,
  digest: digestOf(letter),
  size: 7,
});

const tag = (name: string, letter: string): SignedTagFacts => ({
  tag: name,
  digest: digestOf(letter),
  length: 7,
  roles: ['targets'],
  signers: ['Repo Admin'],
  expires: undefined,
});

/** A registry in which `content` says what tags and digests point to. */
function portsOn(content: Readonly<Record<string, string>>, others: Partial<ImagePorts> = {}) {
  const asked: { digest: string; tags: readonly string[] }[] = [];
  const done: TagOutcome[] = [];
  const ports: ImagePorts = {
    describe: (reference) => {
      const letter = content[reference];
      return Promise.resolve(letter === undefined ? undefined : image(letter));
    },
    settle: ({ digest }, tags) => {
      asked.push({ digest, tags });
      return Promise.resolve(
        new Map(tags.map((name) => [name, { signature: `of ${digest}`, isNew: true }])),
      );
    },
    includesMoved: false,
    onDone: (outcomes) => done.push(...outcomes),
    ...others,
  };
  return { ports, asked, done };
}

const failure = (code: ErrorCode): TrustError => new TrustError(code, 'it failed', { remedy: 'x' });

describe('the signed tags of a repository', () => {
  it('get one signature for each image, for all tags that point to it', async () => {
    const { ports, asked, done } = portsOn({ '1': 'a', latest: 'a', '2': 'b' });
    const outcomes = await settleImages([tag('1', 'a'), tag('2', 'b'), tag('latest', 'a')], ports);
    expect(asked).toEqual([
      { digest: digestOf('a'), tags: ['1', 'latest'] },
      { digest: digestOf('b'), tags: ['2'] },
    ]);
    expect(outcomes.map(({ tag: name, state, isNew }) => [name, state, isNew])).toEqual([
      ['1', 'both', true],
      ['2', 'both', true],
      ['latest', 'both', true],
    ]);
    expect(outcomes[0]).toMatchObject({ mediaType, signature: `of ${digestOf('a')}` });
    expect(done).toHaveLength(3);
  });

  it('are not signed where the registry describes the image otherwise than trust data', async () => {
    const { ports, asked } = portsOn({ '1': 'a', '2': 'b' });
    const outcomes = await settleImages([{ ...tag('1', 'a'), length: 8 }, tag('2', 'b')], ports);
    expect(outcomes.map(({ state, error }) => [state, error?.code])).toEqual([
      ['failed', 'DIGEST_MISMATCH'],
      ['both', undefined],
    ]);
    expect(asked.map(({ tags }) => tags)).toEqual([['2']]);
  });

  it.each([
    [
      'points to another image',
      { [digestOf('a')]: 'a', moved: 'b' },
      { registryDigest: digestOf('b') },
    ],
    ['is not there any more', { [digestOf('a')]: 'a' }, { registryDigest: undefined }],
  ])('are not signed by a tag that %s', async (_, content, expected) => {
    const { ports, asked } = portsOn({ ...content, '1': 'a' });
    const outcomes = await settleImages([tag('1', 'a'), tag('moved', 'a')], ports);
    expect(outcomes).toMatchObject([{ state: 'both' }, { state: 'moved', ...expected }]);
    expect(asked).toEqual([{ digest: digestOf('a'), tags: ['1'] }]);
  });

  it('are not signed at all where every tag was moved', async () => {
    const { ports, asked } = portsOn({ [digestOf('a')]: 'a', '1': 'b' });
    expect(await settleImages([tag('1', 'a')], ports)).toMatchObject([{ state: 'moved' }]);
    expect(asked).toEqual([]);
  });

  it('are looked at although they were moved, where nothing is signed', async () => {
    const { ports } = portsOn({ [digestOf('a')]: 'a', '1': 'b' }, { includesMoved: true });
    expect(await settleImages([tag('1', 'a')], ports)).toMatchObject([
      { state: 'moved', signature: `of ${digestOf('a')}` },
    ]);
  });

  it('are gone with their image, even where the tag has a new one', async () => {
    const { ports, asked } = portsOn({ '2': 'b' });
    const outcomes = await settleImages([tag('1', 'a'), tag('2', 'a')], ports);
    expect(outcomes.map(({ state }) => state)).toEqual(['gone', 'gone']);
    expect(asked).toEqual([]);
  });

  it('say why there is no signature', async () => {
    const settle: ImagePorts['settle'] = (_, tags) =>
      Promise.resolve(new Map(tags.map((name) => [name, { reason: 'nobody signed it' }])));
    const { ports } = portsOn({ '1': 'a' }, { settle });
    expect(await settleImages([tag('1', 'a')], ports)).toMatchObject([
      { state: 'missing', reason: 'nobody signed it' },
    ]);
  });

  it.each([
    ['REGISTRY_FAILED', 'of one image leaves the others alone', 60],
    ['READ_BACK_FAILED', 'of one image leaves the others alone', 60],
    // What is under way is brought to its end, and no more is begun.
    ['PUSH_NOT_AUTHORIZED', 'of all images stops the repository', limits.concurrentTags],
    ['VAULT_FORBIDDEN', 'of all images stops the repository', limits.concurrentTags],
  ] as const)('meet a failure: %s %s', async (code, _, attempts) => {
    const letters = Array.from({ length: 60 }, (_, index) => String.fromCodePoint(0x100 + index));
    const content = Object.fromEntries(letters.map((letter) => [`tag-${letter}`, letter]));
    let count = 0;
    const settle = () => {
      count += 1;
      return Promise.reject(failure(code));
    };
    const { ports, done } = portsOn(content, { settle });
    const tags = letters.map((letter) => tag(`tag-${letter}`, letter));
    const outcomes = await settleImages(tags, ports);
    expect(count).toBe(attempts);
    expect(outcomes.every(({ state, error }) => state === 'failed' && error?.code === code)).toBe(
      true,
    );
    expect(done).toHaveLength(60);
  });

  it('do not hide that the run was stopped', async () => {
    const settle = () => Promise.reject(failure('INTERRUPTED'));
    const { ports } = portsOn({ '1': 'a' }, { settle });
    await expect(settleImages([tag('1', 'a')], ports)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
