import { afterEach, describe, expect, it } from 'vitest';
import {
  copyArtifacts,
  listReferrers,
  planArtifacts,
  type AttachedCopy,
} from '../../src/registry/index.js';
import { rejection } from './fake-http.js';
import {
  sha256,
  startTwoRegistries,
  type MemoryRegistry,
  type RegistryBehaviour,
} from './memory-registry.js';

const artifactType = 'application/vnd.cncf.notary.signature';
const sbomType = 'application/spdx+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

type Image = ReturnType<MemoryRegistry['putManifest']>;

/** An artifact as another client has attached it. */
function attach(registry: MemoryRegistry, image: Image, name: string, type = artifactType): string {
  const parts = [Buffer.from('{}'), Buffer.from(name)].map((bytes) => {
    registry.blobs.set(sha256(bytes), bytes);
    return { digest: sha256(bytes), size: bytes.length };
  });
  const { mediaType, digest, size } = image;
  const content = {
    schemaVersion: 2,
    config: { mediaType: type, ...parts[0] },
    layers: [{ mediaType: 'application/cose', ...parts[1] }],
    subject: { mediaType, digest, size },
    annotations: { name },
  };
  return registry.putManifest(content, manifestType).digest;
}

/** What the tag lists that stands in for the API. */
function listUnderTag(registry: MemoryRegistry, image: Image, digests: readonly string[]): void {
  const manifests = digests.map((digest) => ({
    mediaType: manifestType,
    digest,
    size: registry.manifests.get(digest)?.bytes.length ?? 1,
    artifactType,
  }));
  const tag = image.digest.replace(':', '-');
  registry.putManifest({ schemaVersion: 2, manifests }, undefined, tag);
}

/** A source with three signatures of one image, and a target with the image. */
async function scenario(
  source: Partial<RegistryBehaviour>,
  target: Partial<RegistryBehaviour> = {},
) {
  const [from, to] = await startTwoRegistries(source, target);
  close = () => from.loopback.close();
  const image = from.putManifest({ image: 1 }, manifestType, 'v1');
  to.putManifest({ image: 1 }, manifestType);
  const signatures = ['one', 'two', 'three'].map((name) => attach(from, image, name));
  if (source.api === false) listUnderTag(from, image, signatures);
  const plan = () => planArtifacts(from.at(), to.at(), [image.digest], artifactType);
  const copied: string[] = [];
  const copy = (artifacts: readonly AttachedCopy[]) =>
    copyArtifacts(from.at(), to.at(), artifacts, artifactType, ({ digest }) => {
      copied.push(digest);
    });
  const listed = async () =>
    (await listReferrers(to.at(), image.digest, artifactType)).referrers.map(
      ({ digest }) => digest,
    );
  return { from, to, image, signatures, plan, copy, copied, listed };
}

describe('the signatures of an image', () => {
  it.each<[string, Partial<RegistryBehaviour>, Partial<RegistryBehaviour>]>([
    ['on pages to one without the API', { pageSize: 1, filters: false }, { api: false }],
    ['from one without the API', { api: false }, { filters: false }],
    ['between two with the API', {}, { subjectHeader: false }],
  ])('are copied %s, each once', async (_, source, target) => {
    const { from, to, image, signatures, plan, copy, copied, listed } = await scenario(
      source,
      target,
    );
    const sbom = attach(from, image, 'packages', sbomType);
    const { artifacts, others } = await plan();
    expect(artifacts).toHaveLength(3);
    expect(artifacts.filter(({ isThere }) => isThere)).toEqual([]);
    expect(others).toEqual(source.api === false ? [] : [sbomType]);
    expect(await copy(artifacts)).toEqual([]);
    expect([...copied].sort()).toEqual([...signatures].sort());
    expect((await listed()).sort()).toEqual([...signatures].sort());
    for (const digest of signatures) {
      expect(to.manifests.get(digest)?.bytes).toEqual(from.manifests.get(digest)?.bytes);
    }
    expect(to.manifests.has(sbom)).toBe(false);
    expect((await plan()).artifacts.every(({ isThere }) => isThere)).toBe(true);
  });

  it('that one run has not copied, the next one copies', async () => {
    const { to, signatures, plan, copy, copied, listed } = await scenario({});
    const [first, second = '', third] = signatures;
    to.intercept = (method, path) =>
      method === 'PUT' && path.includes(second.slice('sha256:'.length))
        ? { status: 403 }
        : undefined;
    const error = await rejection(copy((await plan()).artifacts));
    expect(error.code).toBe('PUSH_NOT_AUTHORIZED');
    to.intercept = () => undefined;
    const { artifacts } = await plan();
    const missing = artifacts.filter(({ isThere }) => !isThere);
    expect(missing.map(({ digest }) => digest)).toContain(second);
    await copy(missing);
    expect((await listed()).sort()).toEqual([first, second, third].sort());
    expect(copied.filter((digest) => digest === second)).toHaveLength(1);
  });

  it.each<[string, (at: Awaited<ReturnType<typeof scenario>>) => void]>([
    [
      'whose manifest is gone',
      ({ from, signatures }) => void from.manifests.delete(signatures[0] ?? ''),
    ],
    ['whose envelope is gone', ({ from }) => void from.blobs.delete(sha256(Buffer.from('one')))],
  ])('%s keep none from being copied', async (_, spoil) => {
    const at = await scenario({ api: false });
    spoil(at);
    const lost = await at.copy((await at.plan()).artifacts);
    expect(lost).toMatchObject([{ subject: at.image.digest, digest: at.signatures[0] }]);
    expect((await at.listed()).sort()).toEqual(at.signatures.slice(1).sort());
  });

  it('of another image are not copied with this one', async () => {
    const at = await scenario({ api: false });
    const other = attach(at.from, at.from.putManifest({ image: 2 }, manifestType), 'other');
    listUnderTag(at.from, at.image, [other]);
    expect(await at.copy((await at.plan()).artifacts)).toMatchObject([{ digest: other }]);
    expect(at.to.manifests.has(other)).toBe(false);
  });
});
