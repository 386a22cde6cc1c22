import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { lookUpPushed, resolvePushed } from '../../src/docker/resolve-pushed.js';
import type { PushedContent } from '../../src/docker/index.js';
import type { Manifest, RegistryClient } from '../../src/registry/index.js';

const image = {
  registry: 'contoso.azurecr.io',
  repository: 'app',
  tags: ['1.0', 'latest'],
  gun: 'contoso.azurecr.io/app',
};

function manifest(content: object): Manifest {
  const bytes = Buffer.from(JSON.stringify(content));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { digest, length: bytes.length, mediaType: 'application/json', bytes };
}

const configDigest = `sha256:${'c'.repeat(64)}`;
const pushed = manifest({ config: { digest: configDigest } });
const older = manifest({ config: { digest: configDigest }, layers: ['other compression'] });
const foreign = manifest({ config: { digest: `sha256:${'f'.repeat(64)}` } });
const index = manifest({ manifests: [] });

/** A registry that serves `manifests` by digest, and `tags` by name. */
function registry(
  manifests: readonly Manifest[],
  tags: Readonly<Record<string, Manifest>>,
): RegistryClient {
  const refuse = (): Promise<never> => Promise.reject(new Error('not asked for here'));
  return {
    getManifest: (_, reference) =>
      Promise.resolve(tags[reference] ?? manifests.find(({ digest }) => digest === reference)),
    putManifest: refuse,
    listTags: refuse,
  };
}

const both = (content: Manifest) => ({ '1.0': content, latest: content });

async function resolve(images: RegistryClient, content: PushedContent): Promise<Manifest> {
  return resolvePushed(images, image, content, await lookUpPushed(images, image));
}

describe('what this run pushed', () => {
  it.each<[string, PushedContent, Manifest]>([
    [
      "has the image's ID as its config (classic image store)",
      { candidates: [pushed.digest], imageId: configDigest },
      pushed,
    ],
    [
      "is the image's ID itself (containerd image store)",
      { candidates: [index.digest], imageId: index.digest },
      index,
    ],
    [
      'has the size that buildx recorded',
      {
        candidates: [index.digest],
        descriptor: { mediaType: 'x', digest: index.digest, size: index.length },
      },
      index,
    ],
    ['is what buildx recorded without a descriptor', { candidates: [index.digest] }, index],
  ])('%s', async (_, content, expected) => {
    const found = await resolve(registry([expected], both(expected)), content);
    expect(found).toBe(expected);
  });

  it('is not asked for by its digest where a tag points to it', async () => {
    const asked: string[] = [];
    const { getManifest, ...others } = registry([pushed], both(pushed));
    const noting: RegistryClient = {
      ...others,
      getManifest: (repository, reference) => {
        asked.push(reference);
        return getManifest(repository, reference);
      },
    };
    await resolve(noting, { candidates: [pushed.digest], imageId: configDigest });
    expect(asked.sort()).toEqual(['1.0', 'latest']);
  });

  it('is what the tags point to when the engine remembers an earlier push of the same image', async () => {
    const content = { candidates: [older.digest, pushed.digest], imageId: configDigest };
    const found = await resolve(registry([older, pushed], both(pushed)), content);
    expect(found).toBe(pushed);
  });

  it.each<[string, PushedContent, readonly Manifest[], Readonly<Record<string, Manifest>>, string]>(
    [
      [
        'the registry does not have it',
        { candidates: [pushed.digest], imageId: configDigest },
        [],
        {},
        'MANIFEST_NOT_FOUND',
      ],
      [
        'the manifest is of another image',
        { candidates: [foreign.digest], imageId: configDigest },
        [foreign],
        both(foreign),
        'DIGEST_MISMATCH',
      ],
      [
        'the size is not the recorded one',
        {
          candidates: [index.digest],
          descriptor: { mediaType: 'x', digest: index.digest, size: 1 },
        },
        [index],
        both(index),
        'DIGEST_MISMATCH',
      ],
      [
        'a tag points to something else',
        { candidates: [pushed.digest], imageId: configDigest },
        [pushed, foreign],
        { '1.0': pushed, latest: foreign },
        'TAG_MOVED',
      ],
      [
        'a tag is gone',
        { candidates: [pushed.digest], imageId: configDigest },
        [pushed],
        { '1.0': pushed },
        'TAG_MOVED',
      ],
    ],
  )('is refused when %s', async (_, content, manifests, tags, code) => {
    await expect(resolve(registry(manifests, tags), content)).rejects.toMatchObject({
      code,
    });
  });
});
