/** What is kept between runs, and what is handed to the engine. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure } from '../expectations.js';
import { makeKeys, setUp } from '../set-up.js';
import {
  expectNotVerified,
  expectVerified,
  pushImage,
  signTags,
  signedImage,
  verify,
} from './signed.js';

const { stack, scenario } = await setUp();
const keys = await makeKeys(scenario);

const cacheFolder = async (): Promise<string> => {
  const folder = path.join(stack.info.folder, uniqueName('cache'));
  await mkdir(folder);
  return folder;
};

/** Answers for the trust data of `gun` as it was when `state` was taken. */
async function replay(gun: string, state: Readonly<Record<string, string>>): Promise<void> {
  const host = gun.slice(0, gun.indexOf('/'));
  for (const [role, base64] of Object.entries(state)) {
    await stack.failNext({
      target: `${host}/v2/${gun}/_trust/tuf/${role}(\\.[0-9a-f]{64})?\\.json$`,
      method: 'GET',
      times: 1000,
      failure: {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(base64, 'base64').toString(),
      },
    });
  }
}

describe('the cache', () => {
  it('lets a run notice that the server went back to older data', async () => {
    const image = await signedImage(scenario, keys);
    const before = await stack.trustState(image.gun);
    await pushImage(scenario, '2.0', image.repository);
    await signTags(scenario, image.repository, '2.0', keys);
    const inputs = { images: image.ref, 'cache-directory': await cacheFolder() };
    expectVerified(await verify(scenario, { host: 'action', inputs }), [image]);
    const second = await verify(scenario, { host: 'cli', inputs });
    expectVerified(second, [image]);
    expect(second.output).not.toContain('first use');

    await replay(image.gun, before);
    const result = await verify(scenario, { host: 'task', inputs });
    expectNotVerified(result, { code: 'TRUST_DATA_INVALID', message: /rollback/ });
    // Who knows nothing of what was before cannot notice.
    const { images } = inputs;
    expectVerified(await verify(scenario, { host: 'task', inputs: { images } }), [image]);
  });

  it('does not take another root, nor a damaged cache, for the one trusted before', async () => {
    const image = await signedImage(scenario, keys);
    const cache = await cacheFolder();
    const inputs = { images: image.ref, 'cache-directory': cache };
    expectVerified(await verify(scenario, { host: 'cli', inputs }), [image]);
    const [file = ''] = await readdir(cache);
    await writeFile(path.join(cache, file), '{}');
    const result = await verify(scenario, { host: 'cli', inputs });
    expectNotVerified(result, { code: 'TRUST_DATA_INVALID', message: /kept in .* is damaged/ });
  });

  it('lets a run notice that the trust data is gone, also where images may be unsigned', async () => {
    const image = await signedImage(scenario, keys);
    const inputs = {
      images: image.ref,
      'cache-directory': await cacheFolder(),
      'allow-unsigned': image.gun,
    };
    expectVerified(await verify(scenario, { host: 'cli', inputs }), [image]);
    await stack.failNext({
      target: `/v2/${image.gun}/_trust/tuf/`,
      times: 1000,
      failure: { kind: 'answer', status: 404, body: '{"errors":[{"code":"METADATA_NOT_FOUND"}]}' },
    });
    const result = await verify(scenario, { host: 'action', inputs });
    expectNotVerified(result, { code: 'TRUST_DATA_MISSING', message: /had trust data when/ });
  });
});

describe('pulling', () => {
  const inspect = async (ref: string) =>
    stack.docker({
      engine: 'docker26',
      args: ['image', 'inspect', '--format', '{{json .RepoDigests}}', ref],
    });

  it('gives the engine what is signed, under the tag that was asked for', async () => {
    const image = await signedImage(scenario, keys);
    const inputs = { images: image.ref, 'pull-verified': 'true' };
    const result = await verify(scenario, { host: 'action', docker: 'docker26', inputs });
    expectVerified(result, [image]);
    const found = await inspect(image.ref);
    expect(found.exitCode, found.output).toBe(0);
    expect(found.stdout).toContain(image.digest);
  });

  it('gives the engine nothing when an image is unsigned', async () => {
    const signed = await signedImage(scenario, keys);
    const unsigned = await pushImage(scenario);
    const images = [signed.ref, unsigned.ref].join(',');
    const inputs = { images, 'pull-verified': 'true' };
    const result = await verify(scenario, { host: 'task', docker: 'docker26', inputs });
    expectNotVerified(result, { code: 'TAG_NOT_SIGNED', message: /1 of 2 images/ }, [signed]);
    expect((await inspect(signed.ref)).exitCode).not.toBe(0);
  });

  it('is refused before anything else where there is no Docker', async () => {
    const inputs = { images: 'docker.io/library/alpine', 'pull-verified': 'true' };
    const result = await verify(scenario, { host: 'cli', inputs });
    expectFailure(result, { code: 'DOCKER_NOT_FOUND', message: /no program "docker"/ });
  });
});
