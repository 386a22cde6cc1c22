import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../src/limits.js';
import { copyImage, type CopyResult } from '../../src/registry/copy-image.js';
import { planCopy } from '../../src/registry/copy-plan.js';
import type { Manifest, RepositoryAccess } from '../../src/registry/index.js';
import { rejection } from './fake-http.js';
import { fakeRegistries, put, putImage, putIndex, sha256, type Fault } from './fake-registry.js';

// Small pieces and short pauses; everything else is as it ships.
vi.mock(import('../../src/limits.js'), async (importOriginal) => {
  const { limits: original } = await importOriginal();
  const changed = { ...original, blobChunkBytes: 256 * 1024, httpRetryBaseMs: 1 };
  return { limits: changed as unknown as typeof original };
});

const dev = 'dev.azurecr.io';
const prod = 'prod.azurecr.io';
const large = randomBytes(2 * limits.blobChunkBytes + 12_345);

let scenario: ReturnType<typeof fakeRegistries>;
let from: RepositoryAccess;
let to: RepositoryAccess;

beforeEach(() => {
  scenario = fakeRegistries();
  scenario.registry(dev);
  scenario.registry(prod);
  from = scenario.at(dev, 'team/app');
  to = scenario.at(prod, 'apps/app');
});

const source = () => scenario.registry(dev).repository('team/app');
const target = () => scenario.registry(prod).repository('apps/app');

async function copy(top: Manifest): Promise<CopyResult> {
  return copyImage(from, to, await planCopy(from, to, top));
}

/** Requests that changed something, as `METHOD path` without query. */
const writes = (): string[] =>
  scenario.requests
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map(({ method, url }) => `${method} ${new URL(url).pathname}`);

/** Lets the first requests that `matches` go wrong, one for each fault. */
function fail(matches: RegExp, ...faults: readonly Fault[]): void {
  const rest = [...faults];
  scenario.failWith(({ method }, url) =>
    matches.test(`${method} ${url.host}${url.pathname}`) ? rest.shift() : undefined,
  );
}

function expectWhole(top: Manifest): void {
  expect(target().manifests.get(top.digest)?.bytes.equals(top.bytes)).toBe(true);
  expect(target().manifests.get(top.digest)?.mediaType).toBe(top.mediaType);
  for (const [digest, bytes] of target().blobs) expect(sha256(bytes)).toBe(digest);
}

describe('copying an image', () => {
  it('brings configuration and layers, then the very bytes of the manifest, by digest', async () => {
    const top = putImage(source(), [Buffer.from('one'), Buffer.from('two')]);
    const result = await copy(top);
    expectWhole(top);
    expect([...target().blobs.keys()].sort()).toEqual([...source().blobs.keys()].sort());
    expect(result).toMatchObject({ manifests: 1 });
    expect([...result.blobs.values()]).toEqual(['sent', 'sent', 'sent']);
    expect(writes().at(-1)).toBe(`PUT /v2/apps/app/manifests/${encodeURIComponent(top.digest)}`);
  });

  it('brings an index after its images, and what they share once', async () => {
    const shared = Buffer.from('shared');
    const images = ['amd64', 'arm64'].map((name) =>
      putImage(source(), [shared, Buffer.from(name)]),
    );
    const top = putIndex(source(), images);
    await copy(top);
    expectWhole(top);
    expect(writes().filter((write) => write.startsWith('POST'))).toHaveLength(5);
    expect(writes().slice(-3)).toEqual(
      [...images, top].map(
        ({ digest }) => `PUT /v2/apps/app/manifests/${encodeURIComponent(digest)}`,
      ),
    );
  });

  it('sends large blobs in pieces, one after the other', async () => {
    const top = putImage(source(), [large]);
    const result = await copy(top);
    expectWhole(top);
    const pieces = scenario.requests
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => headers?.['Content-Range']);
    const size = limits.blobChunkBytes;
    expect(pieces).toEqual(
      expect.arrayContaining([
        `0-${size - 1}`,
        `${size}-${2 * size - 1}`,
        `${2 * size}-${large.length - 1}`,
      ]),
    );
    expect(result.bytesSent).toBeGreaterThan(large.length);
  });

  it('takes blobs from the storage that the source names, without a credential', async () => {
    scenario.registry(dev).storage = 'storage.example';
    const top = putImage(source(), [Buffer.from('layer')]);
    await copy(top);
    expectWhole(top);
    const read = scenario.requests.filter(({ url }) => url.includes('storage.example'));
    expect(read).toHaveLength(2);
    expect(read.every(({ headers }) => headers?.Authorization === undefined)).toBe(true);
  });

  it('has a registry take blobs over from another of its repositories', async () => {
    to = scenario.at(dev, 'team/released');
    const top = putImage(source(), [large]);
    const result = await copy(top);
    expect([...result.blobs.values()]).toEqual(['mounted', 'mounted']);
    expect(result.bytesSent).toBe(0);
    expect(scenario.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    const repository = scenario.registry(dev).repository('team/released');
    expect(repository.manifests.has(top.digest)).toBe(true);
  });

  it('sends the blobs itself where the registry does not take them over', async () => {
    to = scenario.at(dev, 'team/released');
    const top = putImage(source(), [Buffer.from('layer')]);
    // The answer to a mount that is not done is that of an upload.
    scenario.failWith(({ method, url }) => {
      if (method !== 'POST' || !url.includes('mount=')) return undefined;
      return { status: 202, headers: { Location: 'https://elsewhere.example/upload' } };
    });
    const error = await rejection(copy(top));
    expect(error.code).toBe('REGISTRY_FAILED');
    expect(error.message).toContain('https://elsewhere.example');
    to = { ...to, token: (scope) => Promise.resolve(scope.split(' ')[0]) };
    scenario.failWith(() => undefined);
    expect([...(await copy(top)).blobs.values()]).toEqual(['sent', 'sent']);
  });

  it('leaves out layers that are not for handing on, as Docker does', async () => {
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: sha256(Buffer.from('windows')),
      size: 7,
      urls: ['https://mcr.microsoft.com/windows'],
    };
    const top = putImage(source(), [Buffer.from('layer')], [foreign]);
    const plan = await planCopy(from, to, top);
    expect(plan.foreign.map(({ digest }) => digest)).toEqual([foreign.digest]);
    await copyImage(from, to, plan);
    expectWhole(top);
    expect(target().blobs.has(foreign.digest)).toBe(false);
  });

  it('copies an empty blob', async () => {
    const top = putImage(source(), [Buffer.alloc(0)]);
    await copy(top);
    expectWhole(top);
    expect(target().blobs.get(sha256(Buffer.alloc(0)))).toHaveLength(0);
  });
});

describe('copying again', () => {
  it('writes nothing when all is there, and asks for no blob', async () => {
    const top = putIndex(source(), [putImage(source(), [Buffer.from('layer')])]);
    await copy(top);
    scenario.requests.length = 0;
    const plan = await planCopy(from, to, top);
    expect(plan).toMatchObject({ manifests: [], blobs: [], present: { manifests: 2 } });
    await copyImage(from, to, plan);
    expect(writes()).toEqual([]);
    expect(scenario.requests.filter(({ url }) => url.includes('/blobs/'))).toEqual([]);
  });

  it('goes on where it was broken off', async () => {
    const top = putImage(source(), [Buffer.from('one'), Buffer.from('two')]);
    fail(/^PUT prod.azurecr.io.*manifests/, { status: 400 });
    expect((await rejection(copy(top))).code).toBe('REGISTRY_FAILED');
    scenario.requests.length = 0;
    const result = await copy(top);
    expectWhole(top);
    expect(result).toMatchObject({ bytesSent: 0, manifests: 1 });
    expect(writes()).toHaveLength(1);
  });

  it('brings the images that an index lacks', async () => {
    const image = putImage(source(), [Buffer.from('layer')]);
    const top = putIndex(source(), [image]);
    target().manifests.set(top.digest, { bytes: top.bytes, mediaType: top.mediaType });
    await copy(top);
    expect(target().manifests.has(image.digest)).toBe(true);
    expect(target().blobs.size).toBe(2);
  });
});

describe('a connection that breaks', () => {
  it('while the source is read is taken up where it broke', async () => {
    for (const ranges of [true, false]) {
      scenario.registry(dev).ranges = ranges;
      target().blobs.clear();
      target().manifests.clear();
      const top = putImage(source(), [large]);
      const path = `/blobs/${sha256(large)}`;
      let cuts = 2;
      scenario.requests.length = 0;
      scenario.failWith(({ method, headers }, { host, pathname }) => {
        if (method !== 'GET' || host !== dev || !pathname.endsWith(path) || cuts === 0) {
          return undefined;
        }
        cuts -= 1;
        const start = ranges ? Number(/\d+/.exec(headers?.Range ?? '0')?.[0] ?? 0) : 0;
        const status = start > 0 ? 206 : 200;
        return { status, body: large.subarray(start), cutAfter: 200_000 };
      });
      const result = await copy(top);
      expectWhole(top);
      expect(result.blobs.get(sha256(large))).toBe('sent');
      const asked = scenario.requests.filter(
        ({ method, url }) => method === 'GET' && url.endsWith(path),
      );
      expect(asked.map(({ headers }) => headers?.Range)).toEqual([
        undefined,
        'bytes=200000-',
        ranges ? 'bytes=400000-' : 'bytes=200000-',
      ]);
    }
  });

  it.each<[string, readonly Fault[]]>([
    ['before a piece has arrived', ['cut-before']],
    ['after a piece has arrived', ['cut-after']],
    ['again and again', ['cut-after', 'cut-before', 'cut-after']],
    ['with an answer of a gateway', [{ status: 502 }]],
    ['because the registry is busy', [{ status: 429, headers: { 'Retry-After': '0' } }]],
  ])('at a piece, %s, leaves no byte twice and none out', async (_, faults) => {
    const top = putImage(source(), [large]);
    fail(/^PATCH /, ...faults);
    const result = await copy(top);
    expectWhole(top);
    expect(result.blobs.get(sha256(large))).toBe('sent');
    expect(target().blobs.get(sha256(large))?.equals(large)).toBe(true);
  });

  it('at the end of an upload that has taken effect is no failure', async () => {
    const layer = Buffer.from('layer');
    const top = putImage(source(), [layer]);
    let cuts = 1;
    scenario.failWith(({ method }, url) =>
      method === 'PUT' && url.searchParams.get('digest') === sha256(layer) && cuts-- > 0
        ? 'cut-after'
        : undefined,
    );
    const result = await copy(top);
    expectWhole(top);
    expect(result.blobs.get(sha256(layer))).toBe('there');
  });

  it('has the blob begun anew when the registry has lost the upload', async () => {
    const top = putImage(source(), [Buffer.from('layer')]);
    fail(/^(?:PATCH|GET prod.*uploads)/, 'cut-before', { status: 404 });
    await copy(top);
    expectWhole(top);
  });

  it('for good ends the copy', async () => {
    const top = putImage(source(), [Buffer.from('layer')]);
    scenario.failWith(({ method }) => (method === 'PATCH' ? 'cut-before' : undefined));
    expect((await rejection(copy(top))).code).toBe('REGISTRY_UNREACHABLE');
    expect(target().manifests.size).toBe(0);
  });
});

describe('an image that cannot be copied', () => {
  it('has bytes that are not those of its digest: they are never finished', async () => {
    const layer = Buffer.from('layer');
    const top = putImage(source(), [layer]);
    source().blobs.set(sha256(layer), Buffer.from('lAyer'));
    const error = await rejection(copy(top));
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(error.message).toContain(sha256(layer));
    expect(target().blobs.has(sha256(layer))).toBe(false);
    expect(target().manifests.size).toBe(0);
  });

  it('has changed on its way: the registry refuses it', async () => {
    const top = putImage(source(), [Buffer.from('layer')]);
    scenario.failWith(({ method }, url) =>
      method === 'PUT' && url.searchParams.has('digest')
        ? { status: 400, body: { errors: [{ code: 'DIGEST_INVALID', message: 'no' }] } }
        : undefined,
    );
    expect((await rejection(copy(top))).code).toBe('DIGEST_MISMATCH');
  });

  it('lacks a blob or one of its images', async () => {
    const layer = Buffer.from('layer');
    const image = putImage(source(), [layer]);
    source().blobs.delete(sha256(layer));
    expect((await rejection(copy(image))).code).toBe('MANIFEST_NOT_FOUND');
    const top = putIndex(source(), [image]);
    source().manifests.delete(image.digest);
    const error = await rejection(planCopy(from, to, top));
    expect(error.code).toBe('MANIFEST_NOT_FOUND');
    expect(error.message).toContain(image.digest);
  });

  const type = 'application/vnd.oci.image.manifest.v1+json';
  const blob = { mediaType: 'a/b', digest: sha256(Buffer.from('x')), size: 1 };
  it.each<[string, object]>([
    ['no configuration', { layers: [] }],
    ['no layers', { config: blob }],
    ['a layer that is no object', { config: blob, layers: ['x'] }],
    ['a digest that is none', { config: { ...blob, digest: '../x' }, layers: [] }],
    ['an impossible size', { config: { ...blob, size: -1 }, layers: [] }],
  ])('has %s', async (_, content) => {
    const error = await rejection(planCopy(from, to, put(source(), type, content)));
    expect(error.code).toBe('REGISTRY_FAILED');
    expect(writes()).toEqual([]);
  });

  it('is nested without end, or has images without end', async () => {
    let nested = putImage(source(), []);
    for (let depth = 0; depth <= limits.indexDepth; depth += 1)
      nested = putIndex(source(), [nested]);
    expect((await rejection(planCopy(from, to, nested))).code).toBe('REGISTRY_FAILED');
    const many = Array.from({ length: limits.manifestsPerImage }, (_, index) =>
      putImage(source(), [Buffer.from(String(index))]),
    );
    const error = await rejection(planCopy(from, to, putIndex(source(), many)));
    expect(error.message).toContain('too many parts');
  });
});

describe('a target that refuses', () => {
  const locked = {
    errors: [{ code: 'DENIED', message: 'The operation is disallowed on this registry' }],
  };
  it.each<[string, RegExp, Fault, string]>([
    ['to begin an upload', /^POST /, { status: 403 }, 'PUSH_NOT_AUTHORIZED'],
    ['a piece', /^PATCH /, { status: 401 }, 'PUSH_NOT_AUTHORIZED'],
    ['the manifest', /^PUT .*manifests/, { status: 403 }, 'PUSH_NOT_AUTHORIZED'],
    ['a locked repository', /^POST /, { status: 403, body: locked }, 'PUSH_FAILED'],
    ['to be read', /^HEAD /, { status: 403 }, 'REGISTRY_LOGIN_REFUSED'],
  ])('%s ends the copy with %s %s %s', async (_, matches, fault, code) => {
    const top = putImage(source(), [Buffer.from('layer')]);
    scenario.failWith(({ method }, url) =>
      matches.test(`${method} ${url.pathname}`) ? fault : undefined,
    );
    expect((await rejection(copy(top))).code).toBe(code);
    expect(target().manifests.size).toBe(0);
  });

  it('one blob ends the others, which are not waited for', async () => {
    const top = putImage(source(), [large, Buffer.from('refused')]);
    const refused = sha256(Buffer.from('refused'));
    scenario.failWith(({ method }, url) => {
      if (method === 'GET' && url.pathname.endsWith(refused)) return { status: 403 };
      return undefined;
    });
    expect((await rejection(copy(top))).code).toBe('REGISTRY_LOGIN_REFUSED');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(target().blobs.has(sha256(large))).toBe(false);
  });

  it('nothing, but the run is to stop', async () => {
    const top = putImage(source(), [large]);
    const stop = new AbortController();
    to = { ...to, signal: stop.signal };
    const plan = await planCopy(from, to, top);
    scenario.failWith(({ method }) => {
      if (method === 'PATCH') stop.abort();
      return undefined;
    });
    expect((await rejection(copyImage(from, to, plan))).code).toBe('INTERRUPTED');
  });
});
