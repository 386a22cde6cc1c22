import { afterEach, describe, expect, it } from 'vitest';
import {
  attachArtifact,
  createRegistryClient,
  listReferrers,
  readArtifactManifest,
  type Artifact,
} from '../../src/registry/index.js';
import { fixture } from '../notation/corpus.js';
import { rejection } from './fake-http.js';
import {
  sha256,
  startMemoryRegistry,
  type MemoryRegistry,
  type RegistryBehaviour,
} from './memory-registry.js';

const artifactType = 'application/vnd.cncf.notary.signature';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

let registry: MemoryRegistry | undefined;

afterEach(async () => {
  await registry?.loopback.close();
  registry = undefined;
});

/** A registry with one image in it. */
async function withImage(behaviour: Partial<RegistryBehaviour> = {}) {
  const started = await startMemoryRegistry(behaviour);
  registry = started;
  const { mediaType, digest, size } = started.putManifest({ image: 1 }, manifestType, 'v1');
  return { registry: started, image: { mediaType, digest, size } };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** A signature such as the one that `signer` makes. */
function signatureOf(
  subject: Artifact['subject'],
  signer = 'signer',
  type = artifactType,
): Artifact {
  const config = Buffer.from('{}');
  const envelope = Buffer.from(`an envelope by ${signer}`);
  const annotations = { by: signer };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(type, config),
    layers: [descriptor('application/cose', envelope)],
    subject,
    annotations,
  };
  return {
    subject,
    artifactType: type,
    annotations,
    manifest: { mediaType: manifestType, bytes: Buffer.from(JSON.stringify(manifest)) },
    blobs: [config, envelope],
  };
}

const requestsOf = ({ loopback }: MemoryRegistry, method: string): readonly string[] =>
  loopback.requests.filter((request) => request.method === method).map(({ path }) => path);

describe('attaching a signature', () => {
  it('is done with the manifest where the registry says that it lists it', async () => {
    const { registry, image } = await withImage();
    const { digest, listedBy } = await attachArtifact(registry.at(), signatureOf(image));
    expect(listedBy).toBe('api');
    expect([...registry.tags.keys()]).toEqual(['v1']);
    expect(requestsOf(registry, 'GET').some((path) => path.includes('sha256:000'))).toBe(false);
    const { source, referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(source).toBe('api');
    expect(referrers).toMatchObject([{ digest, artifactType, annotations: { by: 'signer' } }]);
  });

  it('asks a registry that says nothing whether it has the API', async () => {
    const { registry, image } = await withImage({ subjectHeader: false });
    const { listedBy } = await attachArtifact(registry.at(), signatureOf(image));
    expect(listedBy).toBe('api');
    expect([...registry.tags.keys()]).toEqual(['v1']);
  });

  it('writes the list itself where the registry has no API', async () => {
    const { registry, image } = await withImage({ api: false });
    const artifact = signatureOf(image);
    const { digest, listedBy } = await attachArtifact(registry.at(), artifact);
    expect(listedBy).toBe('tag');
    const tag = image.digest.replace(':', '-');
    const { mediaType, bytes } = registry.manifests.get(registry.tags.get(tag) ?? '') ?? {};
    expect(mediaType).toBe(indexType);
    expect(JSON.parse(String(bytes))).toEqual({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: [
        {
          mediaType: manifestType,
          digest,
          size: artifact.manifest.bytes.length,
          annotations: { by: 'signer' },
          artifactType,
        },
      ],
    });
    const { source, referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(source).toBe('tag');
    expect(referrers.map((one) => one.digest)).toEqual([digest]);
  });

  it('keeps what others wrote into the list, word for word', async () => {
    const { registry, image } = await withImage({ api: false });
    const index = JSON.parse(fixture('notation-made/fallback-index.json').toString()) as {
      readonly manifests: readonly object[];
    };
    const other = { ...index, annotations: { a: 'b' } };
    const tag = image.digest.replace(':', '-');
    registry.putManifest(other, indexType, tag);
    await attachArtifact(registry.at(), signatureOf(image));
    const { bytes } = registry.manifests.get(registry.tags.get(tag) ?? '') ?? {};
    const written = JSON.parse(String(bytes)) as typeof other;
    expect(written.manifests.slice(0, -1)).toEqual(index.manifests);
    expect(written).toMatchObject({ annotations: { a: 'b' } });
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(referrers).toHaveLength(index.manifests.length + 1);
  });

  it('writes no list twice for the same signature', async () => {
    const { registry, image } = await withImage({ api: false });
    await attachArtifact(registry.at(), signatureOf(image));
    const before = requestsOf(registry, 'PUT').length;
    await attachArtifact(registry.at(), signatureOf(image));
    const puts = requestsOf(registry, 'PUT').slice(before);
    expect(puts.every((path) => path.includes('sha256%3A') || path.includes('/uploads/'))).toBe(
      true,
    );
  });

  it.each([8, 32])('loses none of %i signers on 8 machines at the same time', async (count) => {
    const { registry, image } = await withImage({
      api: false,
      latencyMs: () => Math.random() * 30,
    });
    const attached = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        attachArtifact(registry.at(`machine-${index % 8}`), signatureOf(image, `${index}`)),
      ),
    );
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(new Set(referrers.map(({ digest }) => digest))).toEqual(
      new Set(attached.map(({ digest }) => digest)),
    );
    expect(referrers).toHaveLength(count);
  });

  it('loses none of several signers in one run', async () => {
    const { registry, image } = await withImage({ api: false });
    const signers = ['a', 'b', 'c'];
    await Promise.all(
      signers.map((signer) => attachArtifact(registry.at(), signatureOf(image, signer))),
    );
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(referrers.map(({ annotations }) => annotations.by).sort()).toEqual(signers);
  });

  it('looks again when the answer to its list is lost', async () => {
    const { registry, image } = await withImage({ api: false });
    let failures = 0;
    registry.intercept = (method, path) => {
      if (method !== 'PUT' || !path.includes('/manifests/sha256-') || failures > 0)
        return undefined;
      failures += 1;
      return { status: 502, takesEffect: true };
    };
    await attachArtifact(registry.at(), signatureOf(image));
    expect(requestsOf(registry, 'PUT').filter((path) => path.includes('/sha256-'))).toHaveLength(1);
  });

  it('waits as long as a busy registry asks', async () => {
    const { registry, image } = await withImage();
    let refused = 0;
    registry.intercept = (method, path) => {
      if (method !== 'GET' || !path.includes('/referrers/') || refused > 0) return undefined;
      refused += 1;
      return { status: 429, headers: { 'Retry-After': '1' } };
    };
    const started = Date.now();
    await attachArtifact(registry.at(), signatureOf(image));
    expect(refused).toBe(1);
    expect(Date.now() - started).toBeGreaterThanOrEqual(900);
  });

  it('fails where the list cannot be written', async () => {
    const { registry, image } = await withImage({ api: false });
    registry.intercept = (method, path) =>
      method === 'PUT' && path.includes('/sha256-') ? { status: 403 } : undefined;
    const error = await rejection(attachArtifact(registry.at(), signatureOf(image)));
    expect(error.code).toBe('PUSH_NOT_AUTHORIZED');
  });

  it('fails where the registry says that it lists it, and does not', async () => {
    const { registry, image } = await withImage();
    registry.intercept = (_, path) => {
      registry.api = !path.includes('/referrers/');
      return undefined;
    };
    const error = await rejection(attachArtifact(registry.at(), signatureOf(image)));
    expect(error.code).toBe('SIGNATURE_NOT_LISTED');
  });

  it('writes over no tag that is no list', async () => {
    const { registry, image } = await withImage({ api: false });
    const tag = image.digest.replace(':', '-');
    registry.putManifest({ image: 2 }, manifestType, tag);
    const error = await rejection(attachArtifact(registry.at(), signatureOf(image)));
    expect(error.code).toBe('REGISTRY_FAILED');
    expect(error.message).toContain(tag);
  });
});

describe('the signatures of an image', () => {
  it.each([
    ['filtered by the registry', { filters: true }],
    ['unfiltered', { filters: false }],
    ['on pages of two', { filters: false, pageSize: 2 }],
    ['on filtered pages of one', { filters: true, pageSize: 1 }],
  ])('are all listed, and nothing else: %s', async (_, behaviour) => {
    const { registry, image } = await withImage(behaviour);
    for (const signer of ['a', 'b', 'c']) {
      await attachArtifact(registry.at(), signatureOf(image, signer));
      await attachArtifact(registry.at(), signatureOf(image, signer, 'application/x.sbom'));
    }
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(referrers.map(({ annotations }) => annotations.by)).toEqual(['a', 'b', 'c']);
  });

  it.each([true, false])('are none where nothing is attached (API: %s)', async (api) => {
    const { registry, image } = await withImage({ api });
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(referrers).toEqual([]);
  });

  it('are none in a repository that does not exist', async () => {
    const { registry } = await withImage();
    registry.intercept = () => ({ status: 404 });
    const access = registry.at();
    const { referrers, source } = await listReferrers(
      access,
      `sha256:${'1'.repeat(64)}`,
      artifactType,
    );
    expect({ referrers, source }).toEqual({ referrers: [], source: 'tag' });
  });

  it('cannot be listed without the right to pull', async () => {
    const { registry, image } = await withImage();
    registry.intercept = () => ({ status: 403 });
    const error = await rejection(listReferrers(registry.at(), image.digest, artifactType));
    expect(error.code).toBe('REGISTRY_LOGIN_REFUSED');
  });

  it('are listed although an entry is damaged', async () => {
    const { registry, image } = await withImage({ api: false });
    const good = { mediaType: manifestType, digest: image.digest, size: 1, artifactType };
    const entries = [{ artifactType }, { ...good, digest: 'x' }, { ...good, size: -1 }, 7, good];
    registry.putManifest({ manifests: entries }, indexType, image.digest.replace(':', '-'));
    const { referrers } = await listReferrers(registry.at(), image.digest, artifactType);
    expect(referrers).toEqual([{ ...good, annotations: {} }]);
  });
});

describe('the manifest of a signature', () => {
  const layer = { mediaType: 'application/cose', digest: `sha256:${'2'.repeat(64)}`, size: 9 };
  const empty = { ...layer, mediaType: 'application/vnd.oci.empty.v1+json', size: 2 };
  it.each([
    [
      'with the type in its configuration',
      manifestType,
      { config: { ...empty, mediaType: artifactType }, layers: [layer] },
    ],
    ['with a field for the type', manifestType, { artifactType, config: empty, layers: [layer] }],
    [
      'of the earliest form',
      'application/vnd.oci.artifact.manifest.v1+json',
      { artifactType, blobs: [layer] },
    ],
  ])('is read %s', async (_, mediaType, content) => {
    const { registry } = await withImage();
    const { digest } = registry.putManifest(content, mediaType);
    expect(await readArtifactManifest(registry.at(), digest)).toMatchObject({
      digest,
      artifactType,
      layers: [layer],
      annotations: {},
    });
  });

  it('is read as notation writes it', async () => {
    const { registry } = await withImage();
    const content = JSON.parse(
      fixture('notation-made/signature-manifest.json').toString(),
    ) as object;
    const { digest } = registry.putManifest(content, manifestType);
    const read = await readArtifactManifest(registry.at(), digest);
    expect(read).toMatchObject({ artifactType, layers: [{ size: 2558 }] });
  });

  it.each([
    ['with damaged layers', { layers: [{}] }],
    ['without layers', {}],
  ])('is nobody’s signature %s', async (_, content) => {
    const { registry } = await withImage();
    const { digest } = registry.putManifest(content, manifestType);
    expect(await readArtifactManifest(registry.at(), digest)).toBeUndefined();
  });

  it('is nobody’s signature where it is gone', async () => {
    const { registry } = await withImage();
    const access = registry.at();
    expect(await readArtifactManifest(access, `sha256:${'3'.repeat(64)}`)).toBeUndefined();
  });
});

describe('the tags of a repository', () => {
  it('are those of images alone', async () => {
    const { registry, image } = await withImage({ api: false });
    await attachArtifact(registry.at(), signatureOf(image));
    for (const suffix of ['.sig', '.att', '.sbom']) {
      registry.tags.set(`${image.digest.replace(':', '-')}${suffix}`, image.digest);
    }
    registry.tags.set('sha256-of-something', image.digest);
    const { listTags } = createRegistryClient(registry.at());
    expect(await listTags('app')).toEqual(['v1', 'sha256-of-something']);
  });
});
