/** What it costs to sign images for Notary Project: registries limit requests, and lists most of all. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { attachSignatures } from '../../../src/commands/signing/attach-signatures.js';
import type { ChainSigner, ImageSignature } from '../../../src/notation/index.js';
import type { Manifest } from '../../../src/registry/index.js';
import { makeSigner } from '../../notation/make-signer.js';
import {
  startMemoryRegistry,
  type MemoryRegistry,
  type RegistryBehaviour,
} from '../../registry/memory-registry.js';
import { memoryLog } from '../../trust/support/repository.js';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const now = new Date('2026-06-01T12:00:00Z');
const howSigned = {
  certificate: { kind: 'vault-certificate', vaultUrl: 'https://v', name: 'c', version: undefined },
  chain: undefined,
  format: 'cose',
  lifetimeMs: undefined,
  metadata: {},
  isWithPlatforms: false,
} as const;

let registry: MemoryRegistry | undefined;
let signer: ChainSigner;
let other: ChainSigner;

beforeAll(async () => {
  signer = await makeSigner(now);
  other = await makeSigner(now);
});
afterEach(async () => {
  await registry?.loopback.close();
  registry = undefined;
});

/** A registry with `count` images, and what signs them. */
async function withImages(count: number, behaviour: Partial<RegistryBehaviour> = {}) {
  const started = await startMemoryRegistry(behaviour);
  registry = started;
  const manifests = new Map<string, Manifest>();
  for (let number = 1; number <= count; number += 1) {
    const { bytes, digest, size } = started.putManifest({ number }, mediaType, `${number}`);
    manifests.set(`${number}`, { mediaType, bytes, digest, length: size });
  }
  const sign = async (by = signer): Promise<readonly ImageSignature[]> => {
    const signed: ImageSignature[] = [];
    const { signal } = new AbortController();
    await attachSignatures(
      { gun: 'contoso.azurecr.test/app', repository: 'app' },
      manifests,
      { client: started.at() },
      by,
      howSigned,
      { clock: () => now, signal, log: memoryLog() },
      (signature) => signed.push(signature),
    );
    return signed;
  };
  return { registry: started, sign };
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
