/**
 * Signing images for Notary Project: what it costs, since registries limit requests, and lists most of
 * all; and what a run knows of what it leaves, whatever request it ends at.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  attachSignatures,
  type AttachProgress,
} from '../../src/image-signing/attach-signatures.js';
import { aftermathOf, nothingPushed } from '../../src/image-signing/registry-state.js';
import {
  signatureArtifactType,
  type ChainSigner,
  type ImageSignature,
} from '../../src/notation/index.js';
import { listReferrers, type Manifest, type RepositoryAccess } from '../../src/registry/index.js';
import { makeSigner } from '../notation/make-signer.js';
import {
  sha256,
  startMemoryRegistry,
  type MemoryRegistry,
  type RegistryBehaviour,
} from '../registry/memory-registry.js';
import { memoryLog } from '../trust/support/repository.js';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const now = new Date('2026-06-01T12:00:00Z');
const howSigned = {
  certificate: { kind: 'vault-certificate', vaultUrl: 'https://v', name: 'c', version: undefined },
  chain: undefined,
  format: 'cose',
  lifetimeMs: undefined,
  metadata: {},
  isWithPlatforms: false,
  timestamp: undefined,
} as const;

const started: MemoryRegistry[] = [];
let signer: ChainSigner;
let other: ChainSigner;

beforeAll(async () => {
  signer = await makeSigner(now);
  other = await makeSigner(now);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ loopback }) => loopback.close()));
});

function addImage(registry: MemoryRegistry, tag: string): ReadonlyMap<string, Manifest> {
  const { bytes, digest, size } = registry.putManifest({ tag }, mediaType, tag);
  return new Map([[tag, { mediaType, bytes, digest, length: size }]]);
}

async function signAs(
  client: RepositoryAccess,
  manifests: ReadonlyMap<string, Manifest>,
  by = signer,
  progress: AttachProgress = { attached: [], attaching: new Set() },
): Promise<readonly ImageSignature[]> {
  const { signal } = new AbortController();
  await attachSignatures(
    { gun: 'contoso.azurecr.test/app', repository: 'app' },
    manifests,
    { client },
    { signer: by, configuration: howSigned },
    { clock: () => now, signal, log: memoryLog() },
    progress,
  );
  return progress.attached;
}

/** A registry with `count` images, and what signs them. */
async function withImages(count: number, behaviour: Partial<RegistryBehaviour> = {}) {
  const registry = await startMemoryRegistry(behaviour);
  started.push(registry);
  const tags = Array.from({ length: count }, (_, number) => `${number}`);
  const manifests = new Map(tags.flatMap((tag) => [...addImage(registry, tag)]));
  return { registry, sign: (by = signer) => signAs(registry.at(), manifests, by) };
}

/** How often each thing was asked for since the last count. */
function countRequests({ loopback: { requests } }: MemoryRegistry) {
  const counts: Record<string, number> = {};
  for (const { method, path } of requests.splice(0)) {
    const [, kind = ''] =
      /\/(blobs\/uploads|blobs|referrers|manifests\/sha256-|manifests)/.exec(path) ?? [];
    const name = `${method} ${kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('the requests for each of ten images', () => {
  it.each([true, false])(
    'are seven, two of them for the list (header: %s)',
    async (subjectHeader) => {
      const { registry, sign } = await withImages(10, { subjectHeader });
      expect(await sign()).toHaveLength(10);
      expect(countRequests(registry)).toEqual({
        'GET referrers': 2 * 10,
        'POST blobs/uploads': 10 + 1,
        'PUT blobs/uploads': 10 + 1,
        'PUT manifests': 10,
        'GET manifests': 10,
        'GET blobs': 10,
        // The configuration, which all of them share.
        'HEAD blobs': 1,
      });
      const again = await sign();
      expect(again.filter(({ isNew }) => isNew)).toEqual([]);
      expect(countRequests(registry)).toEqual({
        'GET referrers': 10,
        'GET manifests': 10,
        'GET blobs': 10,
      });
    },
  );

  it('are none for signatures by others', async () => {
    const { registry, sign } = await withImages(10);
    await sign(other);
    countRequests(registry);
    expect(await sign()).toHaveLength(10);
    expect(countRequests(registry)).toMatchObject({ 'GET referrers': 20, 'GET manifests': 10 });
  });

  it('are ten where the list is a tag', async () => {
    const { registry, sign } = await withImages(10, { api: false });
    expect(await sign()).toHaveLength(10);
    expect(countRequests(registry)).toMatchObject({
      'GET referrers': 10,
      'GET manifests/sha256-': 3 * 10,
      'PUT manifests/sha256-': 10,
      'PUT manifests': 10,
    });
  });
});

/** What a run knows of a registry that fails it. */
describe('a registry that goes down', () => {
  const points = (requests: number) =>
    Array.from({ length: requests }, (_, at) =>
      [true, false].map((takesEffect) => ({ at, takesEffect, host: `p${at}-${takesEffect}` })),
    ).flat();

  it.each([
    { api: true, requests: 8 },
    { api: false, requests: 11 },
  ])('is told what it may have, at each request (API: $api)', async ({ api, requests }) => {
    const { registry } = await withImages(0, { api });
    registry.blobs.set(sha256(Buffer.from('{}')), Buffer.from('{}'));
    const counts = new Map<string, number>();
    let isDown = true;
    registry.intercept = (_method, _path, hostName) => {
      const count = (counts.get(hostName) ?? 0) + 1;
      counts.set(hostName, count);
      const point = points(requests).find(({ host }) => hostName.startsWith(`${host}.`));
      if (!isDown || !point || count <= point.at) return undefined;
      return { status: 400, takesEffect: point.takesEffect && count === point.at + 1 };
    };
    const images = points(requests).map((point) => ({
      ...point,
      image: addImage(registry, point.host),
    }));
    const list = async (digest: string): Promise<number> =>
      (await listReferrers(registry.at(), digest, signatureArtifactType)).referrers.length;
    const failed = await Promise.all(
      images.map(async ({ host, image }) => {
        const progress = { attached: [], attaching: new Set<string>() };
        await expect(signAs(registry.at(host), image, signer, progress)).rejects.toThrow();
        const named = { registry: 'r', repository: 'app', gun: 'r/app', tags: [] };
        const { sentences } = aftermathOf([{ image: named, state: nothingPushed, ...progress }]);
        const [[, { digest }]] = [...image] as [[string, Manifest]];
        const isTold = sentences.some((sentence) => sentence.includes(digest));
        return { isTold, listed: await list(digest), digest };
      }),
    );
    isDown = false;
    expect(failed.filter(({ listed, isTold }) => listed > 0 && !isTold)).toEqual([]);
    const isListed = failed.map(({ listed }) => listed > 0);
    expect(new Set(isListed).size).toBe(2);
    const again = await Promise.all(
      images.map(({ host, image }) => signAs(registry.at(host), image)),
    );
    expect(again.map((signed) => signed.map(({ isNew }) => isNew))).toEqual(
      isListed.map((wasListed) => [!wasListed]),
    );
    expect(await Promise.all(failed.map(({ digest }) => list(digest)))).toEqual(
      images.map(() => 1),
    );
  });
});
