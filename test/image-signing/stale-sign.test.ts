/**
 * A run that signs what is in the registry, and another run that moves and signs the same tag at
 * every possible moment of it. What must never be: registry and trust data differ, and nobody said so.
 */
import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/commands/run.js';
import type { SigningPlan } from '../../src/image-signing/preflight.js';
import { requireNoneMoved, signTags } from '../../src/image-signing/sign-tags.js';
import { isTrustError } from '../../src/errors.js';
import {
  lookUpTags,
  movedAfter,
  movedBefore,
  type RegistryClient,
} from '../../src/registry/index.js';
import {
  createTrustServer,
  isSignedForOther,
  lookUpTag,
  publishTags,
  readRepository,
  type TagContent,
  type TrustedView,
} from '../../src/trust/index.js';
import { content, gun, memoryLog, TestRepository } from '../trust/support/repository.js';
import { ecdsaSigner } from '../trust/support/keys.js';

type Exchange = () => Promise<void>;
const older = content('a');
const newer = content('b');
const image = { registry: 'contoso.azurecr.io', repository: 'team/app', gun, tags: ['prod'] };
const nothing: Exchange = () => Promise.resolve();

/** Registry, trust data, and runs whose every exchange passes a gate of the test. */
class Scene {
  readonly repository = new TestRepository();
  readonly tags = new Map<string, TagContent>([['prod', older]]);

  /** @param isInMemory whether runs sign with a key in memory, and look once where that is enough. */
  constructor(private readonly isInMemory = false) {}

  /** @param signed a tag that is signed already. */
  async open(signed = 'prod'): Promise<this> {
    await this.repository.initialise({ [signed]: content('0') });
    return this;
  }

  client(gate: Exchange): RegistryClient {
    return {
      getManifest: async (_repository, reference) => {
        await gate();
        const found = this.tags.get(reference);
        return found && { ...found, mediaType: 'x', bytes: Buffer.alloc(0) };
      },
      putManifest: () => Promise.reject(new Error('nobody puts tags here')),
      listTags: () => Promise.resolve([...this.tags.keys()]),
    };
  }

  /** A whole `sign` of what `prod` points to; with `pushes`, a push before it. */
  async run(gate: Exchange, pushes?: TagContent): Promise<void> {
    const images = this.client(gate);
    const { fake, targets } = this.repository;
    const server = createTrustServer({
      ...fake.connection,
      http: async (request) => {
        await gate();
        const response = await fake.http(request);
        // An answer may take as long as another whole run.
        if (request.method === 'POST') await gate();
        return response;
      },
    });
    const signer: typeof targets = {
      ...targets,
      sign: async (message) => {
        await gate();
        const signature = await targets.sign(message);
        await gate();
        return signature;
      },
    };
    if (pushes) {
      await gate();
      this.tags.set('prod', pushes);
    }
    const look = () => lookUpTags(images, image, ['prod']);
    const digest = (await look()).get('prod') ?? '';
    const wanted = new Map([['prod', digest === newer.digest ? newer : older]]);
    const known = await readRepository(server, { pins: [], now: this.repository.now });
    const plan = { server, pins: [], key: { signer }, root: undefined } as unknown as SigningPlan;
    const context = {
      clock: () => this.repository.now,
      signal: new AbortController().signal,
      log: { ...memoryLog(), group: <T>(_: string, body: () => Promise<T>) => body() },
    } as unknown as Run;
    let isFirst = true;
    const recheck = async (view?: TrustedView): Promise<void> => {
      const isEnough = this.isInMemory && isFirst && view && !isSignedForOther(view, wanted);
      isFirst = false;
      if (isEnough) return;
      requireNoneMoved(gun, movedBefore(gun, wanted, await look()));
    };
    const request = { plan, contents: wanted, recheck, look };
    const { found } = await signTags(
      request,
      known,
      { state: { kind: 'tagged-unsigned' } },
      context,
    );
    requireNoneMoved(gun, movedAfter(gun, wanted, found ?? new Map()));
  }

  async signed(): Promise<string | undefined> {
    const view = await readRepository(this.repository.server, {
      pins: [],
      now: this.repository.now,
    });
    const found = view && lookUpTag(view, 'prod');
    return found?.kind === 'signed' ? found.digest : undefined;
  }

  /** @returns whether a run was told that another had the tag. */
  async expectNoSecret(results: readonly PromiseSettledResult<unknown>[]): Promise<boolean> {
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    for (const failure of failures) {
      if (!isTrustError(failure, 'TAG_MOVED')) throw failure;
    }
    const agree = (await this.signed()) === this.tags.get('prod')?.digest;
    expect(agree || failures.length > 0).toBe(true);
    return failures.length > 0;
  }
}

/** How many exchanges one run alone has. */
async function exchanges(isInMemory: boolean, signed: string): Promise<number> {
  const scene = await new Scene(isInMemory).open(signed);
  let count = 0;
  await scene.run(() => Promise.resolve(void (count += 1)));
  return count;
}

describe('a sign that another run overtakes', () => {
  it.each([
    ['a key in a vault', false, 'prod'],
    ['a key in memory', true, 'prod'],
    ['a key in memory, where the tag was not signed before', true, 'other'],
  ])('never publishes over a newer signature without a word: %s', async (_, isInMemory, signed) => {
    const total = await exchanges(isInMemory, signed);
    expect(total).toBeGreaterThan(8);
    let refused = 0;
    for (let at = 0; at < total; at += 1) {
      const scene = await new Scene(isInMemory).open(signed);
      let count = 0;
      let other: Promise<unknown> = Promise.resolve();
      const gate: Exchange = async () => {
        if (count++ === at) await (other = scene.run(nothing, newer));
      };
      const results = await Promise.allSettled([scene.run(gate)]);
      // Not every exchange is waited for: what was read may not be needed.
      await other;
      if (await scene.expectNoSecret(results)) refused += 1;
      // The other run was done and said "signed": what it signed stays.
      expect(await scene.signed()).toBe(newer.digest);
    }
    expect(refused).toBeGreaterThan(3);
  });

  it('publishes nothing where the tag was moved before', async () => {
    const scene = await new Scene().open();
    let isMoved = false;
    // As soon as the tag was looked up for the first time.
    const gate: Exchange = () => {
      if (isMoved) scene.tags.set('prod', newer);
      isMoved = true;
      return Promise.resolve();
    };
    const before = scene.repository.fake.versions();
    const [result] = await Promise.allSettled([scene.run(gate)]);
    expect(result.status === 'rejected' && isTrustError(result.reason, 'TAG_MOVED')).toBe(true);
    expect(scene.repository.fake.versions()).toEqual(before);
  });

  it('says so afterwards where the tag was moved, unsigned, while it published', async () => {
    const scene = await new Scene().open();
    const { fake } = scene.repository;
    fake.intercept = (request, next) => {
      if (request.method === 'POST') scene.tags.set('prod', newer);
      return next();
    };
    await expect(scene.run(nothing)).rejects.toMatchObject({
      code: 'TAG_MOVED',
      message: `${gun}:prod was signed for ${older.digest}, and points to ${newer.digest} now: another run moved it in the meantime.`,
    });
  });

  it('is told of a move even where the other run signs with another key in another role', async () => {
    const scene = await new Scene().open();
    const signer = ecdsaSigner('another signer');
    await scene.repository.delegate({ 'targets/releases': signer.publicKey });
    const { fake, server, context } = scene.repository;
    fake.intercept = async (request, next) => {
      if (request.method === 'POST') {
        fake.intercept = undefined;
        scene.tags.set('prod', newer);
        // Not a file that this run publishes too, so the server sees no conflict.
        await publishTags(server, { ...context, signer, tags: new Map([['prod', newer]]) });
      }
      return next();
    };
    await expect(scene.run(nothing)).rejects.toMatchObject({ code: 'TAG_MOVED' });
  });
});

/** A generator of numbers that a seed decides (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets one waiting exchange pass at a time, in an order that the seed decides. */
function createSchedule(seed: number): {
  readonly gate: Exchange;
  run(work: Promise<unknown>): Promise<void>;
} {
  const next = random(seed);
  const waiting: (() => void)[] = [];
  return {
    gate: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
      }),
    run: async (work) => {
      const over = { is: false };
      void work.finally(() => {
        over.is = true;
      });
      while (!over.is) {
        // Whatever an exchange has set going comes to its next gate first.
        await new Promise((resolve) => setImmediate(resolve));
        const [chosen] = waiting.splice(Math.floor(next() * waiting.length), 1);
        chosen?.();
      }
      await work;
    },
  };
}

describe('two runs that push and sign one tag', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'agree, or say that they do not, in the order of seed %i',
    async (seed) => {
      const scene = await new Scene().open();
      const schedule = createSchedule(seed);
      const results = Promise.allSettled([
        scene.run(schedule.gate, older),
        scene.run(schedule.gate, newer),
      ]);
      await schedule.run(results);
      await scene.expectNoSecret(await results);
    },
  );
});
