import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Run } from '../../src/commands/run.js';
import { tagStateOf, type Progress } from '../../src/image-signing/registry-state.js';
import { putTags } from '../../src/image-signing/put-tags.js';
import { decideTag, reconcileTags, type TagFacts } from '../../src/image-signing/reconcile-tags.js';
import { TrustError } from '../../src/errors.js';
import type { Manifest, RegistryClient } from '../../src/registry/index.js';
import {
  createTrustServer,
  lookUpTag,
  publishTags,
  readRepository,
  type TrustedView,
} from '../../src/trust/index.js';
import { SeededSchedule, seedsToTry } from '../seeded-schedule.js';
import { failure } from '../trust/support/failure.js';
import { gun, memoryLog, TestRepository } from '../trust/support/repository.js';

/** Pauses, chance and time are those of the schedule. */
let schedule = new SeededSchedule(0);
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<object>()),
  setTimeout: (ms: number) => schedule.turn('pause', ms),
}));
const begin = (seed: number): void => {
  schedule = new SeededSchedule(seed);
  vi.spyOn(Math, 'random').mockImplementation(() => schedule.random());
  vi.spyOn(performance, 'now').mockImplementation(() => schedule.nowMs);
};
beforeEach(() => {
  begin(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

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

/** A registry in memory whose answers come in the order of the schedule. */
class MemoryRegistry {
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
      await schedule.turn(`look at ${reference}`);
      const found = this.tags.get(reference) ?? this.#known.get(reference);
      await schedule.turn(`have seen ${reference}`);
      return found;
    },
    putManifest: async (_repository, reference, bytes) => {
      await schedule.turn(`put ${reference}`);
      if (reference === this.refuse) {
        throw new TrustError('PUSH_FAILED', 'it is locked', { remedy: 'Unlock it.' });
      }
      const manifest = this.add(Buffer.from(bytes).toString());
      this.tags.set(reference, manifest);
      await schedule.turn(`have put ${reference}`);
      return manifest.digest;
    },
    listTags: () => Promise.resolve([...this.tags.keys()]),
  };
}

const signedUntagged = (): Progress => ({ state: { kind: 'signed-untagged', under: 'no tag' } });
const image = { registry: 'contoso.azurecr.io', repository: 'team/app', gun, tags: ['latest'] };

function contextOf(repository: TestRepository): Run {
  const parts: Pick<Run, 'clock' | 'signal' | 'log'> = {
    clock: () => repository.now,
    signal: new AbortController().signal,
    log: { ...memoryLog(), group: (_, body) => body() },
  };
  return parts as Run;
}

/** What a run with its tags last does once its image is in the registry. */
async function runLast(
  repository: TestRepository,
  registry: MemoryRegistry,
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
  registry: MemoryRegistry,
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

/** Four runs that sign one tag at once, in the order of a seed. */
async function race(seed: number) {
  const repository = await new TestRepository().initialise();
  const registry = new MemoryRegistry();
  begin(seed);
  repository.fake.intercept = async ({ method, url }, next) => {
    // Keys, and with them hashes, are new each time; the order is not.
    const file = url.slice(url.lastIndexOf('/') + 1).replace(/\.[0-9a-f]{64}/, '');
    await schedule.turn(`${method} ${file}`);
    const answer = await next();
    await schedule.turn(`answer to ${method} ${file}`);
    return answer;
  };
  const names = ['a', 'b', 'c', 'd'];
  const results = await schedule.runAll(
    Object.fromEntries(names.map((name) => [name, () => runLast(repository, registry, name)])),
  );
  repository.fake.intercept = undefined;
  const mended =
    schedule.trace.filter((line) => line.endsWith(': put latest')).length > names.length;
  const standing = registry.tags.get('latest')?.digest;
  return { results, mended, standing, winner: await signed(repository), trace: schedule.trace };
}

describe('runs that sign the same tag at once', () => {
  const seeds = seedsToTry(12);
  const races: Awaited<ReturnType<typeof race>>[] = [];

  it.each(seeds)('agree in the end, and the losers are told: seed %i', async (seed) => {
    const ended = await race(seed);
    races.push(ended);
    const { results, standing, winner, trace } = ended;
    const order = trace.join('\n');
    expect(winner, order).toBeDefined();
    expect(standing, order).toBe(winner);
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(won, order).toContain(winner);
    const codes = results.flatMap((result) =>
      result.status === 'rejected' ? [(result.reason as Partial<TrustError>).code] : [],
    );
    expect(codes, order).toEqual(codes.map(() => 'TAG_MOVED'));
  });

  it('meet in another order with another seed, and in the same with the same', async () => {
    const [first] = races;
    expect((await race(seeds[0] ?? 1)).trace).toEqual(first?.trace);
    if (seeds.length === 1) return;
    expect(new Set(races.map(({ trace }) => trace.join())).size).toBe(seeds.length);
    // Otherwise the seeds would prove little: several runs win, some lose, and some mend a tag.
    expect(new Set(races.map(({ winner }) => winner)).size).toBeGreaterThan(2);
    expect(
      races.flatMap(({ results }) => results).some(({ status }) => status === 'rejected'),
    ).toBe(true);
    expect(races.some(({ mended }) => mended)).toBe(true);
  });

  it('end in agreement although the one that put last was killed', async () => {
    const repository = await new TestRepository().initialise();
    const registry = new MemoryRegistry();
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
    const registry = new MemoryRegistry();
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
    const registry = new MemoryRegistry();
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
