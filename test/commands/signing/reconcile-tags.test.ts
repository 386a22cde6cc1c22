import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RunContext } from '../../../src/commands/context.js';
import { tagStateOf, type Progress } from '../../../src/commands/signing/registry-state.js';
import { putTags } from '../../../src/commands/signing/put-tags.js';
import {
  decideTag,
  reconcileTags,
  type TagFacts,
} from '../../../src/commands/signing/reconcile-tags.js';
import { isTrustError, TrustError } from '../../../src/errors.js';
import type { Manifest, RegistryClient } from '../../../src/registry/index.js';
import {
  createTrustServer,
  lookUpTag,
  publishTags,
  readRepository,
  type TrustedView,
} from '../../../src/trust/index.js';
import { failure } from '../../trust/support/failure.js';
import { gun, memoryLog, TestRepository } from '../../trust/support/repository.js';

describe('one tag that several runs want', () => {
  const facts: TagFacts = {
    ours: 'a',
    signed: 'a',
    found: 'a',
    put: 'a',
    isPatienceOver: false,
    hasInsisted: false,
  };
  it.each([
    ['is ours when both sides say so', {}, 'ours'],
    ['is lost when both sides say something else', { signed: 'b', found: 'b' }, 'lost'],
    ['is lost when its signature is gone', { signed: undefined }, 'lost'],
    ['is brought to what was signed after our put', { signed: 'b' }, 'put-signed'],
    ['is left to a third run', { signed: 'b', found: 'c' }, 'lost'],
    ['is waited for when somebody put something else after us', { found: 'b' }, 'wait'],
    ['is put once more when nobody mends it', { found: 'b', isPatienceOver: true }, 'put-signed'],
    [
      'is given up when somebody insists',
      { found: 'b', isPatienceOver: true, hasInsisted: true },
      'lost',
    ],
  ] as const)('%s', (_what, change, verdict) => {
    expect(decideTag({ ...facts, ...change })).toBe(verdict);
  });
});

/** A registry in memory whose answers take a random time. */
class SlowRegistry {
  readonly tags = new Map<string, Manifest>();
  readonly #known = new Map<string, Manifest>();
  refuse: string | undefined;

  add(text: string): Manifest {
    const bytes = Buffer.from(text);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = { digest, length: bytes.length, mediaType, bytes };
    this.#known.set(digest, manifest);
    return manifest;
  }

  readonly client: RegistryClient = {
    getManifest: async (_repository, reference) => {
      await sleep(Math.random() * 8);
      return this.tags.get(reference) ?? this.#known.get(reference);
    },
    putManifest: async (_repository, reference, bytes) => {
      await sleep(Math.random() * 8);
      if (reference === this.refuse) {
        throw new TrustError('PUSH_FAILED', 'it is locked', { remedy: 'Unlock it.' });
      }
      const manifest = this.add(Buffer.from(bytes).toString());
      this.tags.set(reference, manifest);
      return manifest.digest;
    },
    listTags: () => Promise.resolve([...this.tags.keys()]),
  };
}

const signedUntagged = (): Progress => ({ state: { kind: 'signed-untagged', under: 'no tag' } });
const image = { registry: 'contoso.azurecr.io', repository: 'team/app', gun, tags: ['latest'] };

function contextOf(repository: TestRepository): RunContext {
  const parts: Pick<RunContext, 'clock' | 'signal' | 'log'> = {
    clock: () => repository.now,
    signal: new AbortController().signal,
    log: { ...memoryLog(), group: (_, body) => body() },
  };
  return parts as RunContext;
}

/** What a run with its tags last does once its image is in the registry. */
async function runLast(
  repository: TestRepository,
  registry: SlowRegistry,
  name: string,
): Promise<string> {
  const server = createTrustServer(repository.fake.connection);
  const manifest = registry.add(name);
  const { digest, length } = manifest;
  const { view } = await publishTags(server, {
    ...repository.context,
    signer: repository.targets,
    tags: new Map(image.tags.map((tag) => [tag, { digest, length }])),
  });
  await putTags(registry.client, image, manifest, signedUntagged());
  await settle(repository, registry, manifest, view);
  return digest;
}

const settle = (
  repository: TestRepository,
  registry: SlowRegistry,
  manifest: Manifest,
  seen: TrustedView,
): Promise<void> =>
  reconcileTags(
    {
      images: registry.client,
      image,
      plan: { server: createTrustServer(repository.fake.connection), pins: [] },
      manifest,
      seen,
    },
    signedUntagged(),
    contextOf(repository),
  );

async function signed(repository: TestRepository): Promise<string | undefined> {
  const { server, now } = repository;
  const view = await readRepository(server, { pins: [], now });
  const found = view && lookUpTag(view, 'latest');
  return found?.kind === 'signed' ? found.digest : undefined;
}

describe('runs that sign the same tag at once', () => {
  it.each([1, 2, 3, 4, 5])('agree in the end, and the losers are told (%i)', async () => {
    const repository = await new TestRepository().initialise();
    const registry = new SlowRegistry();
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((name) => runLast(repository, registry, name)),
    );
    const winner = await signed(repository);
    expect(registry.tags.get('latest')?.digest).toBe(winner);
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won).toContain(winner);
    for (const result of results) {
      if (result.status === 'rejected') expect(isTrustError(result.reason, 'TAG_MOVED')).toBe(true);
    }
  });

  it('end in agreement although the one that put last was killed', async () => {
    const repository = await new TestRepository().initialise();
    const registry = new SlowRegistry();
    const killed = registry.add('killed');
    const manifest = registry.add('ours');
    const { digest, length } = manifest;
    const { view } = await publishTags(repository.server, {
      ...repository.context,
      signer: repository.targets,
      tags: new Map([['latest', { digest, length }]]),
    });
    registry.tags.set('latest', killed);
    await settle(repository, registry, manifest, view);
    expect(registry.tags.get('latest')?.digest).toBe(digest);
  });

  it('tells what stands there when its own put came too late', async () => {
    const repository = await new TestRepository().initialise();
    const registry = new SlowRegistry();
    const other = await runLast(repository, registry, 'other');
    const view = await readRepository(repository.server, { pins: [], now: repository.now });
    if (!view) throw new Error('there is trust data');
    const late = registry.add('late');
    registry.tags.set('latest', late);
    const error = await failure(settle(repository, registry, late, view));
    expect(error.code).toBe('TAG_MOVED');
    expect(error.message).toContain(`is signed for ${other} and points to ${other}`);
    expect(registry.tags.get('latest')?.digest).toBe(other);
  });
});

describe('tags that are put', () => {
  it('are named with what became of them when one is refused', async () => {
    const registry = new SlowRegistry();
    registry.refuse = 'two';
    const wanted = { ...image, tags: ['one', 'two'] };
    const progress = signedUntagged();
    const error = await failure(putTags(registry.client, wanted, registry.add('x'), progress));
    expect(error.code).toBe('PUSH_FAILED');
    expect(error.message).toMatch(/not all of its tags could be put: it is locked/);
    expect(wanted.tags.map((tag) => tagStateOf(progress.state, tag))).toEqual([
      'signed-unsettled',
      'signed-untagged',
    ]);
    expect(error.remedy).toMatch(/^Unlock it\. Clients with content trust get the new image/);
  });
});
