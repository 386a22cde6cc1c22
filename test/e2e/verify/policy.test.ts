/** What an image must be besides signed: by whom, under which root, how old, not expired. */
import { describe, expect, it } from 'vitest';
import type { RepositoryBuilder } from '../../trust/repository-builder.js';
import { ecdsaKey } from '../../trust/test-keys.js';
import { anHourAgo, serve, soundRepository } from '../failures/served.js';
import { expectSuccess } from '../expectations.js';
import { removeRun } from '../product.js';
import { makeKeys, setUp } from '../set-up.js';
import {
  expectNotVerified,
  expectVerified,
  pushImage,
  signedImage,
  verify,
  type PushedImage,
} from './signed.js';

const { stack, scenario } = await setUp();
const keys = await makeKeys(scenario);

const signed = await signedImage(scenario, keys);

/** A pushed image that ci and qa vouch for, in trust data that the test may still change. */
async function signedByTwo(): Promise<{ image: PushedImage; trust: RepositoryBuilder }> {
  const image = await pushImage(scenario);
  const manifest = await stack.manifest(image.repository, '1.0');
  const length = Buffer.from(manifest?.content ?? '', 'base64').length;
  const sha256 = Buffer.from(image.digest.replace('sha256:', ''), 'hex').toString('base64');
  const targets = { '1.0': { hashes: { sha256 }, length } };
  const trust = soundRepository(image.gun);
  const expires = trust.targetsRole.expires;
  for (const name of ['targets/releases', 'targets/ci', 'targets/qa']) {
    trust.delegate(name, { keys: [ecdsaKey()], targets, expires });
  }
  return { image, trust };
}

describe('required signers', () => {
  it('have all signed, and are named', async () => {
    const { image, trust } = await signedByTwo();
    await serve(stack, trust);
    const inputs = { images: image.ref, 'required-signers': 'ci, qa' };
    const result = await verify(scenario, { host: 'action', inputs });
    expectVerified(result, [image]);
    expect(result.summary).toContain('| ci, qa |');
  });

  it('fail the step when one is missing', async () => {
    const { image, trust } = await signedByTwo();
    trust.delegations = trust.delegations.filter(({ name }) => name !== 'targets/qa');
    await serve(stack, trust);
    const inputs = {
      images: [image.ref, signed.ref].join(','),
      'required-signers': 'ci',
      'required-roles': 'targets/qa',
    };
    const result = await verify(scenario, { host: 'task', inputs });
    expectNotVerified(result, {
      code: 'POLICY_NOT_MET',
      message: /2 of 2 images.*not by targets\/qa.*not by targets\/ci and targets\/qa/s,
    });
  });
});

describe('the pinned root', () => {
  it('may be the key in the vault, and is said to be on first use without', async () => {
    await stack.azure.assignRole({
      principalId: scenario.reader.clientId,
      role: 'Key Vault Crypto User',
      scope: scenario.vault.id,
    });
    const inputs = { images: signed.ref, 'trust-pin': keys['root-key'] };
    const pinned = await verify(scenario, { host: 'cli', inputs });
    expectVerified(pinned, [signed]);
    expect(pinned.output).not.toContain('first use');
    const unpinned = await verify(scenario, { host: 'cli', inputs: { images: signed.ref } });
    expectVerified(unpinned, [signed]);
    expect(unpinned.output).toMatch(/trusted on first use.*pin it: trust-pin: [0-9a-f]{64}/);
  });

  it('may be for some repositories only', async () => {
    const { image, trust } = await signedByTwo();
    await serve(stack, trust);
    const wrong = 'ab'.repeat(32);
    const images = [image.ref, signed.ref].join(',');
    const pinned = (served: string) => `${signed.gun}=${keys['root-key']}, ${image.gun}=${served}`;
    const right = { images, 'trust-pin': pinned(trust.root.keys[0]?.keyId ?? '') };
    expectVerified(await verify(scenario, { host: 'action', inputs: right }), [image, signed]);
    const result = await verify(scenario, {
      host: 'action',
      inputs: { images, 'trust-pin': pinned(wrong) },
    });
    const failure = { code: 'TRUST_PIN_MISMATCH', message: /1 of 2 images/ } as const;
    expectNotVerified(result, failure, [signed]);
  });

  it('fails the step when it is another, even where images may be unsigned', async () => {
    const inputs = {
      images: signed.ref,
      'trust-pin': 'ab'.repeat(32),
      'allow-unsigned': signed.gun,
    };
    const result = await verify(scenario, { host: 'action', inputs });
    expectNotVerified(result, { code: 'TRUST_PIN_MISMATCH', message: /is not the pinned one/ });
  });
});

describe('trust data', () => {
  it('that has expired vouches for nothing', async () => {
    const { image, trust } = await signedByTwo();
    trust.targetsRole.expires = anHourAgo();
    await serve(stack, trust);
    const images = [image.ref, signed.ref].join('\n');
    const result = await verify(scenario, { host: 'cli', inputs: { images } });
    const failure = { code: 'TRUST_DATA_EXPIRED', message: /targets expired at/ } as const;
    expectNotVerified(result, failure, [signed]);
  });

  it('that expires soon is warned of', async () => {
    const { image, trust } = await signedByTwo();
    trust.snapshot.expires = new Date(Date.now() + 10 * 86_400_000);
    await serve(stack, trust);
    const inputs = { images: image.ref };
    const warned = await verify(scenario, { host: 'action', inputs });
    expectVerified(warned, [image]);
    expect(warned.output).toMatch(/::warning.*snapshot of .* expires on/);
    const quiet = await verify(scenario, {
      host: 'action',
      inputs: { ...inputs, 'warn-expiry-days': '5' },
    });
    expectVerified(quiet, [image]);
    expect(quiet.output).not.toContain('expires on');
  });

  it('that was tampered with fails the step, whatever may be unsigned', async () => {
    const { image, trust } = await signedByTwo();
    await serve(stack, trust, {
      wire: { targets: (text) => text.replace('"version":1', '"version":2') },
    });
    const inputs = { images: image.ref, 'allow-unsigned': image.gun };
    const result = await verify(scenario, { host: 'task', inputs });
    expectNotVerified(result, { code: 'TRUST_DATA_INVALID', message: /targets/ });
  });
});

describe('the maximum age', () => {
  it('counts from when the image was made', async () => {
    const inputs = { images: signed.ref, 'max-age': '1' };
    expectVerified(await verify(scenario, { host: 'cli', inputs }), [signed]);
  });

  it('counts for every platform of a multi-arch image', async () => {
    const repository = scenario.repository();
    const built = await scenario.run({
      host: 'action',
      docker: 'docker26',
      dockerConfig: await stack.makeDockerConfig({ buildx: true }),
      inputs: {
        ...keys,
        repository,
        tags: '1.0',
        platforms: 'linux/amd64,linux/arm64',
        context: await stack.makeImageContext(repository),
      },
    });
    expectSuccess(built);
    const gun = `${scenario.registry.loginServer}/${repository}`;
    const image = { gun, repository, ref: `${gun}:1.0`, digest: built.outputs.digest ?? '' };
    const inputs = { images: image.ref, 'max-age': '1' };
    const mark = await stack.requestMark();
    expectVerified(await verify(scenario, { host: 'action', inputs }), [image]);
    const blobs = await stack.requests({ since: mark, matching: `/${repository}/blobs/` });
    expect(blobs).toHaveLength(2);
    await removeRun(built);
  });

  it('believes only the configuration that the digest names', async () => {
    const { image, trust } = await signedByTwo();
    await serve(stack, trust);
    const manifest = await stack.manifest(image.repository, '1.0');
    const content = Buffer.from(manifest?.content ?? '', 'base64').toString();
    const { config } = JSON.parse(content) as { config: { digest: string } };
    await stack.failNext({
      target: `${scenario.registry.loginServer}/v2/${image.repository}/blobs/${config.digest}`,
      failure: { kind: 'answer', status: 200, body: '{"created":"2001-01-01T00:00:00Z"}' },
    });
    const inputs = { images: image.ref, 'max-age': '1' };
    const result = await verify(scenario, { host: 'cli', inputs });
    expectNotVerified(result, { code: 'DIGEST_MISMATCH', message: /has other bytes/ });
  });
});

describe('who asks', () => {
  const nobody = { 'client-id': undefined, 'tenant-id': undefined, 'client-secret': undefined };

  it('needs no credentials where images and trust data are for everyone', async () => {
    const { image, trust } = await signedByTwo();
    const inputs = { ...nobody, images: image.ref };
    const closed = await verify(scenario, { host: 'action', inputs });
    expect(closed.exitCode).not.toBe(0);
    await serve(stack, trust);
    const { loginServer } = scenario.registry;
    await stack.azure.updateRegistry(loginServer, { anonymousPullEnabled: true });
    const result = await verify(scenario, { host: 'action', inputs });
    await stack.azure.updateRegistry(loginServer, { anonymousPullEnabled: false });
    expectVerified(result, [image]);
    expect(result.output).toContain(`${loginServer}  without a login`);
  });

  it('may be who Docker is logged in as', async () => {
    const dockerConfig = await stack.makeDockerConfig({
      logins: { [scenario.registry.loginServer]: scenario.reader.login },
    });
    const result = await verify(scenario, {
      host: 'task',
      dockerConfig,
      inputs: {
        images: signed.ref,
        'registry-login': 'existing',
        ...nobody,
      },
    });
    expectVerified(result, [signed]);
    expect(result.output).toContain('with the existing Docker login');
  });
});
