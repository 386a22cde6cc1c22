/** Images by tag, by digest and by both, in several registries, verified without any Docker. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { pushPlain } from '../base-images/bases.js';
import { expectFailure, expectSigned } from '../expectations.js';
import type { ProductHost } from '../product.js';
import { createScenario } from '../scenario.js';
import { makeKeys, setUp } from '../set-up.js';
import { expectNotVerified, expectVerified, pushImage, signedImage, verify } from './signed.js';

const { stack, scenario } = await setUp();
const keys = await makeKeys(scenario);

const signed = await signedImage(scenario, keys);

const hosts: readonly ProductHost[] = ['action', 'task', 'cli'];
const readReport = async (file = ''): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'));

describe('verify', () => {
  it.each(hosts)('gives a signed tag by its digest, on %s', async (host) => {
    const mark = await stack.requestMark();
    const result = await verify(scenario, { host, inputs: { images: signed.ref } });
    expectVerified(result, [signed]);
    expect(result.output).toMatch(
      new RegExp(`${signed.digest}\\s+Repo Admin\\s+\\S+ \\S+\\s+verified`),
    );
    expect(await readReport(result.outputs['trust-report'])).toMatchObject({
      formatVersion: 1,
      command: 'verify',
      verified: 1,
      images: [
        {
          reference: signed.ref,
          status: 'verified',
          digest: signed.digest,
          image: `${signed.gun}@${signed.digest}`,
          tags: ['1.0'],
          roles: ['targets'],
          signers: ['Repo Admin'],
        },
      ],
    });
    const seen = await stack.requests({ since: mark, matching: signed.repository });
    expect(seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    await expectSigned(scenario, signed.repository, { tags: ['1.0'], digest: signed.digest });
  });

  it('takes a digest, a tag with its digest, and the inputs of one repository', async () => {
    const { gun, digest, ref, repository } = signed;
    const images = [`${gun}@${digest}`, `${ref}@${digest}`].join('\n');
    const { loginServer: registry } = scenario.registry;
    const inputs = { images, registry, repository, tags: '1.0' };
    const result = await verify(scenario, { host: 'action', inputs });
    expect(result.outputs.images, result.output).toBe(`${gun}@${digest}`);
    expect(result.outputs.verified).toBe('3');
  });

  it('verifies images of several registries, each repository read once', async () => {
    const other = await createScenario(stack);
    await stack.azure.assignRole({
      principalId: scenario.reader.clientId,
      role: 'AcrPull',
      scope: other.registry.id,
    });
    const second = await signedImage(other, await makeKeys(other));
    const mark = await stack.requestMark();
    const images = [signed.ref, second.ref, `${signed.gun}@${signed.digest}`].join(', ');
    const result = await verify(scenario, { host: 'task', inputs: { images } });
    expect(result.outputs.images, result.output).toBe(
      [signed, second].map(({ gun, digest }) => `${gun}@${digest}`).join('\n'),
    );
    const path = `^GET .*/v2/${signed.gun}/_trust/tuf/root.json`;
    expect(await stack.requests({ since: mark, matching: path })).toHaveLength(1);
  });

  it('looks at all images before it fails for the unsigned ones', async () => {
    const unsigned = await pushImage(scenario);
    const untagged = await pushImage(scenario, '2.0', signed.repository);
    const wrong = `${signed.ref}@sha256:${'0'.repeat(64)}`;
    const images = [unsigned.ref, untagged.ref, wrong, signed.ref].join('\n');
    const result = await verify(scenario, { host: 'cli', inputs: { images } });
    const failure = {
      code: 'TAG_NOT_SIGNED',
      message:
        /3 of 4 images are not as required.*has no trust data.*tag 2\.0 is not signed.*is signed for/s,
    } as const;
    expectNotVerified(result, failure, [signed]);
    expect(result.summary).toContain('### ❌ 3 of 4 images not verified: ');
  });

  it('lets unsigned images through where it is told to, and leaves them out', async () => {
    const unsigned = await pushImage(scenario);
    const inputs = {
      images: [unsigned.ref, signed.ref].join(','),
      'allow-unsigned': `${scenario.registry.loginServer}/team/*`,
    };
    const result = await verify(scenario, { host: 'action', inputs });
    expectVerified(result, [signed]);
    expect(result.output).toMatch(/::warning.*has no trust data; accepted/);
  });

  it('is refused where the tag was moved, unless that is allowed', async () => {
    const image = await signedImage(scenario, keys);
    const moved = await pushPlain(scenario, image.repository, 'moved');
    expect(moved).not.toBe(image.digest);
    const refused = await verify(scenario, { host: 'action', inputs: { images: image.ref } });
    expectNotVerified(refused, { code: 'TAG_MOVED', message: /the tag in the registry points to/ });
    const result = await verify(scenario, {
      host: 'action',
      inputs: { 'allow-moved-tags': 'true', images: image.ref },
    });
    expectVerified(result, [image]);
    expect(result.output).toContain(`the tag in the registry points to ${moved}`);
  });

  it('asks nobody when the inputs make no sense', async () => {
    const mark = await stack.requestMark();
    const inputs = { images: 'team/Wrong:1', 'max-age': 'old', 'allow-unsigned': '*' };
    const result = await verify(scenario, { host: 'cli', inputs });
    expectFailure(result, {
      code: 'INPUT_INVALID',
      message: /3 inputs cannot be used:\n"images".*"max-age".*"allow-unsigned"/s,
    });
    expect(await stack.requests({ since: mark, matching: scenario.registry.loginServer })).toEqual(
      [],
    );
  });

  it('refuses a digest that no tag is signed with', async () => {
    const image = await pushImage(scenario, '3.0', signed.repository);
    const missing = `${image.gun}@${image.digest}`;
    const result = await verify(scenario, { host: 'task', inputs: { images: missing } });
    expectNotVerified(result, {
      code: 'TAG_NOT_SIGNED',
      message: /no tag is signed with this digest/,
    });
  });
});
