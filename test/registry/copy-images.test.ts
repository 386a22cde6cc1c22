import { beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/ports.js';
import {
  copyImages,
  planCopies,
  sizeOf,
  type ImageToCopy,
  type Manifest,
} from '../../src/registry/index.js';
import { fakeRegistries, putImage, putIndex } from './fake-registry.js';

const dev = 'dev.azurecr.io';
const prod = 'prod.azurecr.io';
let scenario: ReturnType<typeof fakeRegistries>;

beforeEach(() => {
  scenario = fakeRegistries();
  scenario.registry(dev);
  scenario.registry(prod);
});

/** A log that is looked at. */
function recorded() {
  const [infos, warnings] = [[] as string[], [] as string[]];
  const log: Log = {
    group: (_, body) => body(),
    info: (line) => void infos.push(line),
    warn: (line) => void warnings.push(line),
    debug: () => undefined,
  };
  return { log, infos, warnings };
}

/** An image of `repository` at the source. */
function source(repository: string, manifest: Manifest): ImageToCopy {
  return { gun: `${dev}/${repository}`, from: scenario.at(dev, repository), manifest };
}

const shared = Buffer.from('what both have');

describe('copies of several images', () => {
  it('send what they share once, and an image that is named twice once', async () => {
    const [a, b] = ['team/a', 'team/b'] as const;
    const one = putImage(scenario.registry(dev).repository(a), [shared, Buffer.from('a')]);
    const two = putImage(scenario.registry(dev).repository(b), [shared, Buffer.from('b')]);
    const images = [source(a, one), source(b, two), source(a, one)];
    const to = scenario.at(prod, 'app');
    const { log, infos } = recorded();
    const copies = await planCopies(images, to, log);
    expect(copies.map(({ digest }) => digest)).toEqual([one.digest, two.digest]);
    expect(infos).toEqual([
      expect.stringMatching(/dev.azurecr.io\/team\/a@sha256:.*to copy: 1 manifest and 3 blobs/),
      expect.stringMatching(/dev.azurecr.io\/team\/b@sha256:.*to copy: 1 manifest and 3 blobs/),
    ]);
    const facts = await copyImages(copies, to, log);
    expect(facts.get(one.digest)).toMatchObject({ manifests: 1, blobs: 3, mounted: 0 });
    expect(facts.get(two.digest)).toMatchObject({ manifests: 1, blobs: 2, presentBlobs: 0 });
    const begun = scenario.requests.filter(({ method }) => method === 'POST');
    expect(begun).toHaveLength(5);
    expect(scenario.registry(prod).repository('app').manifests.has(two.digest)).toBe(true);
  });

  it('say when all is there', async () => {
    const top = putIndex(scenario.registry(dev).repository('app'), [
      putImage(scenario.registry(dev).repository('app'), [shared]),
    ]);
    const to = scenario.at(prod, 'app');
    const first = recorded();
    await copyImages(await planCopies([source('app', top)], to, first.log), to, first.log);
    const { log, infos } = recorded();
    const copies = await planCopies([source('app', top)], to, log);
    expect(infos[0]).toMatch(/is there already$/);
    expect((await copyImages(copies, to, log)).get(top.digest)).toEqual({
      manifests: 0,
      blobs: 0,
      mounted: 0,
      bytes: 0,
      presentManifests: 2,
      presentBlobs: 0,
      foreignLayers: 0,
    });
  });

  it('warn of layers that are not handed on', async () => {
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 5,
      urls: ['https://mcr.microsoft.com/layer'],
    };
    const top = putImage(scenario.registry(dev).repository('app'), [shared], [foreign]);
    const { log, warnings } = recorded();
    const to = scenario.at(prod, 'app');
    const copies = await planCopies([source('app', top)], to, log);
    expect(warnings[0]).toMatch(/has layers that may not be handed on/);
    expect((await copyImages(copies, to, log)).get(top.digest)?.foreignLayers).toBe(1);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_400_000, '1.4 MB'],
  [999_950, '1.0 MB'],
  [5_000_000_000, '5.0 GB'],
])('says %i bytes as a person reads it', (bytes, text) => {
  expect(sizeOf(bytes)).toBe(text);
});
