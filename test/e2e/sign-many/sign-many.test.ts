/** Images that are in the registry already, of many repositories, signed by one run. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { pushUnsigned, pushUnsignedIndex } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const keys = await makeKeys(scenario);

const sign = (host: ProductHost, images: readonly string[]) =>
  scenario.run({
    host,
    inputs: { ...keys, command: 'sign', registry: undefined, images: images.join('\n') },
  });

describe('sign of images by their full names', () => {
  it.each(['task', 'action', 'cli'] as const)(
    'signs tags of several repositories on the %s, one publish for each',
    async (host) => {
      const [a, b] = [scenario.repository(), scenario.repository()];
      const one = await pushUnsigned(scenario, a, '1');
      const two = await pushUnsigned(scenario, a, '2');
      const other = await pushUnsigned(scenario, b, '1');
      await pushUnsigned(scenario, b, 'left-out');
      const mark = await stack.requestMark();
      const names = [`${gunOf(a)}:1`, `${gunOf(a)}:2`, `${gunOf(b)}:1@${other}`];
      const result = await sign(host, names);
      expectSuccess(result);
      for (const repository of [a, b]) {
        expect(await publishesSince(mark, repository)).toHaveLength(1);
      }
      expect(result.outputs).toEqual({
        images: [`${gunOf(a)}@${one}`, `${gunOf(a)}@${two}`, `${gunOf(b)}@${other}`].join('\n'),
        'signed-tags': `${gunOf(a)}:1,${gunOf(a)}:2,${gunOf(b)}:1`,
        'key-id': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        role: 'targets',
        'trust-report': expect.any(String) as string,
      });
      await expectSigned(scenario, a, { tags: ['1'], digest: one });
      await expectSigned(scenario, a, { tags: ['2'], digest: two });
      await expectSigned(scenario, b, { tags: ['1'], digest: other, unsigned: 'left-out' });
      expect(result.summary).toContain('### ✅ Signed images');
    },
  );

  it('signs a multi-arch index for the bytes of the index', async () => {
    const repository = scenario.repository();
    const digest = await pushUnsignedIndex(scenario, repository, 'multi');
    const result = await sign('action', [`${gunOf(repository)}:multi@${digest}`]);
    expectSuccess(result);
    expect(result.outputs).toMatchObject({ digest, image: `${gunOf(repository)}@${digest}` });
    await expectSigned(scenario, repository, { tags: ['multi'], digest });
  });

  it('signs a tag for a digest before the tag is there, and says so', async () => {
    const repository = scenario.repository();
    const digest = await pushUnsigned(scenario, repository, 'pushed');
    const result = await sign('cli', [`${gunOf(repository)}:release@${digest}`]);
    expectSuccess(result);
    expect(result.output).toMatch(/:release is not in the registry yet/);
    const { login } = scenario.reader;
    const ref = `${gunOf(repository)}:release`;
    const pulled = await stack.dockerPull({ engine: 'docker20', ref, login });
    expect(pulled.exitCode, pulled.output).toBe(0);
    expect(pulled.output).toContain(digest);
  });

  it('signs all it can, and then fails with a list of what it could not', async () => {
    const [a, b] = [scenario.repository(), scenario.repository()];
    const good = await pushUnsigned(scenario, a, 'good');
    const moved = await pushUnsigned(scenario, a, 'moved');
    const before = await stateOf(scenario, b);
    const result = await sign('task', [
      `${gunOf(a)}:good`,
      `${gunOf(a)}:missing`,
      `${gunOf(a)}:moved@${good}`,
      `${gunOf(b)}:nothing`,
    ]);
    expect(result.taskResult).toBe('Failed');
    expect(result.output).toMatch(/3 of 4 images failed/);
    expect(result.output).toContain(`${gunOf(a)}:moved points to ${moved}, not to ${good}`);
    expect(result.output).toMatch(/:missing +- +- +NOT SIGNED MANIFEST_NOT_FOUND/);
    expect(result.outputs['signed-tags']).toBe(`${gunOf(a)}:good`);
    await expectSigned(scenario, a, { tags: ['good'], digest: good, unsigned: 'moved' });
    expect(await stateOf(scenario, b)).toEqual(before);
    const { images } = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly images: readonly object[];
    };
    expect(images).toMatchObject([
      { tag: 'good', signed: true, roles: ['targets'] },
      { tag: 'missing', signed: false, error: { code: 'MANIFEST_NOT_FOUND' } },
      { tag: 'moved', signed: false, error: { code: 'TAG_MOVED' } },
      { tag: 'nothing', signed: false },
    ]);
  });

  it('fails with its own error when there is one image', async () => {
    const repository = scenario.repository();
    const result = await sign('action', [`${gunOf(repository)}:1`]);
    expectFailure(result, { code: 'MANIFEST_NOT_FOUND', message: /There is no image \S+:1\./ });
    expect(result.output).not.toMatch(/of 1 images/);
  });

  it('says of every image that it is unsigned when the key cannot be opened', async () => {
    const repository = scenario.repository();
    await pushUnsigned(scenario, repository, '1');
    const images = `${gunOf(repository)}:1,${gunOf(repository)}:missing`;
    const key = `${scenario.vault.url}/keys/nobodys`;
    const result = await scenario.run({
      host: 'cli',
      inputs: { command: 'sign', registry: undefined, images, 'signing-key': key },
    });
    expectFailure(result, { code: 'KEY_NOT_FOUND', message: /nobodys/ });
    const report = await readFile(result.outputs['trust-report'] ?? '', 'utf8');
    expect(JSON.parse(report)).toMatchObject({
      images: [
        { tag: '1', signed: false, error: { code: 'KEY_NOT_FOUND' } },
        { tag: 'missing', signed: false, error: { code: 'MANIFEST_NOT_FOUND' } },
      ],
    });
    expect(result.summary).toContain('images failed');
  });

  it('refuses names besides repository and tags, and images without a tag', async () => {
    const images = gunOf(scenario.repository());
    const both = await scenario.run({
      host: 'task',
      inputs: { ...keys, command: 'sign', repository: 'a', tags: '1', images: `${images}:1` },
    });
    expectFailure(both, {
      code: 'INPUT_CONFLICT',
      message: /"repository" is set, and so is "images"/,
    });
    expectFailure(await sign('cli', [images]), { code: 'INPUT_INVALID', message: /names no tag/ });
  });
});
