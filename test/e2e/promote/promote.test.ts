/** Signed images that are copied to another place and signed there, judged by stock clients. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { connectStack } from '../../stack/index.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import type { ProductHost, ProductResult } from '../product.js';
import { createScenario, credentialsOf, type Scenario } from '../scenario.js';

const stack = connectStack(inject('stack'));
/** Where images are made and signed, and where they are promoted to. */
let dev: Scenario;
let prod: Scenario;
let devKeys: Readonly<Record<string, string>>;
let prodKeys: Readonly<Record<string, string>>;
/** An image at the source: its repository, and the digests of its tags. */
let made: { readonly gun: string; readonly signed: string; readonly plain: string };

beforeAll(async () => {
  [dev, prod] = await Promise.all([createScenario(stack), createScenario(stack)]);
  // What the pipeline of the target needs at the source, and no more.
  const { clientId: principalId } = prod.signer;
  await stack.azure.assignRole({ principalId, role: 'AcrPull', scope: dev.registry.id });
  devKeys = { 'signing-key': await dev.vault.key(), 'root-key': await dev.vault.key() };
  prodKeys = { 'signing-key': await prod.vault.key(), 'root-key': await prod.vault.key() };
  const repository = dev.repository();
  made = {
    gun: gunOf(dev, repository),
    plain: await publish(dev, repository, 'plain'),
    signed: await publish(dev, repository, 'signed', devKeys),
  };
});

const gunOf = ({ registry }: Scenario, repository: string) =>
  `${registry.loginServer}/${repository}`;

/** Builds, pushes and, with `keys`, signs; the digest. */
async function publish(
  scenario: Scenario,
  repository: string,
  tag: string,
  keys: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  // With several platforms, layers that go in more than one piece, however well they are compressed.
  const size = 'platforms' in more ? 9 * 1024 * 1024 : 9;
  const files = { large: randomBytes(size).toString('base64') };
  const result = await scenario.run({
    host: 'cli',
    docker: 'docker26',
    dockerConfig: await stack.makeDockerConfig({ buildx: true }),
    inputs: {
      repository,
      tags: tag,
      ...('signing-key' in keys ? {} : { 'content-trust': 'false' }),
      context: await stack.makeImageContext(`${repository}:${tag}`, {
        dockerfile: 'FROM scratch\nCOPY busybox /bin/busybox\nCOPY large marker /\n',
        files,
      }),
      ...keys,
      ...more,
    },
  });
  expectSuccess(result);
  return result.outputs.digest ?? '';
}

const promote = (
  host: ProductHost,
  inputs: Readonly<Record<string, string | undefined>>,
  dockerConfig?: string,
): Promise<ProductResult> =>
  prod.run({
    host,
    inputs: { ...prodKeys, command: 'promote', ...inputs },
    ...(dockerConfig !== undefined && { dockerConfig }),
  });

/** What was sent to the target since `mark` that changes anything, without digests and queries. */
async function writesSince(mark: number, repository: string): Promise<string[]> {
  const seen = await stack.requests({
    since: mark,
    matching: `^(POST|PUT|PATCH|DELETE) ${prod.registry.loginServer}/v2/.*${repository}/`,
  });
  return seen.map(({ method, path }) => {
    const [plain = '', query = ''] = path.split('?');
    const what = plain.includes('/_trust/') ? 'trust data' : plain.split(`${repository}/`)[1];
    const name = (what ?? '').replace(/uploads\/.*/, 'uploads').replace(/sha256[:%].*/, 'digest');
    return `${method} ${name}${query.includes('mount=') ? ' mount' : ''}`;
  });
}

describe('promote to another registry', () => {
  it('copies a multi-arch image, signs it, puts the tag last, and does nothing the second time', async () => {
    const [from, repository] = [dev.repository(), prod.repository()];
    const digest = await publish(dev, from, '1.4', devKeys, {
      platforms: 'linux/amd64,linux/arm64',
    });
    const source = `${gunOf(dev, from)}:1.4`;
    const mark = await stack.requestMark();
    const result = await promote('task', { source, repository });
    expectSuccess(result);
    const image = `${gunOf(prod, repository)}@${digest}`;
    expect(result.outputs).toEqual({
      digest,
      image,
      images: image,
      'signed-tags': '1.4',
      'key-id': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      role: 'targets',
      'trust-report': expect.any(String) as string,
    });
    await expectSigned(prod, repository, { tags: ['1.4'], digest });
    expect(await stack.manifest(repository, digest)).toEqual(await stack.manifest(from, digest));
    const writes = await writesSince(mark, repository);
    const order = writes.filter((write) => !write.includes('blobs/'));
    expect(order.slice(0, -2).every((write) => write === 'PUT manifests/digest')).toBe(true);
    expect(order.slice(-2)).toEqual(['POST trust data', 'PUT manifests/1.4']);
    expect(writes.filter((write) => write === 'PATCH blobs/uploads').length).toBeGreaterThan(4);

    const report = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly images: readonly object[];
    };
    expect(report).toMatchObject({ command: 'promote', initialised: true, unchanged: false });
    expect(report.images[0]).toMatchObject({ source, digest, sourceSigners: ['Repo Admin'] });
    expect(result.summary).toContain('### ✅ Promoted images');

    const before = await stateOf(prod, repository);
    const secondMark = await stack.requestMark();
    const again = await promote('action', { source: `${source}@${digest}`, repository });
    expectSuccess(again);
    expect(again.output).toContain('nothing was copied, signed or tagged');
    expect(again.outputs).toMatchObject({ digest, 'signed-tags': '1.4' });
    expect(await writesSince(secondMark, repository)).toEqual([]);
    expect(await stateOf(prod, repository)).toEqual(before);
  });

  it('copies several images with their own tags, in one publish, with the logins Docker has', async () => {
    const [other, repository] = [dev.repository(), prod.repository()];
    const two = await publish(dev, other, 'b-1', devKeys);
    const mark = await stack.requestMark();
    const source = `${made.gun}:signed, ${gunOf(dev, other)}:b-1@${two}`;
    const logins = { [dev.registry.loginServer]: dev.reader.login };
    const config = await stack.makeDockerConfig({
      logins: { ...logins, [prod.registry.loginServer]: prod.signer.login },
    });
    const inputs = { source, repository, 'registry-login': 'existing' };
    const result = await promote('action', inputs, config);
    expectSuccess(result);
    expect(result.output.match(/with the existing Docker login/g)).toHaveLength(2);
    const gun = gunOf(prod, repository);
    expect(result.outputs.images).toBe(`${gun}@${made.signed}\n${gun}@${two}`);
    expect(result.outputs['signed-tags']).toBe('signed,b-1');
    expect(result.outputs.image).toBeUndefined();
    const writes = await writesSince(mark, repository);
    expect(writes.filter((write) => write === 'POST trust data')).toHaveLength(1);
    await expectSigned(prod, repository, { tags: ['b-1'], digest: two });
  });
});

describe('promote within one registry', () => {
  it('has the registry take the blobs over, under new tags, after a dry run that changes nothing', async () => {
    const [from, repository] = [prod.repository(), prod.repository()];
    const digest = await publish(prod, from, 'rc', prodKeys);
    const inputs = { source: `${gunOf(prod, from)}:rc`, repository, tags: '2.0, latest' };
    const mark = await stack.requestMark();
    const dry = await promote('cli', { ...inputs, 'dry-run': 'true' });
    expectSuccess(dry);
    expect(dry.output).toMatch(/WOULD BECOME/);
    expect(dry.outputs['signed-tags']).toBeUndefined();
    expect(await writesSince(mark, repository)).toEqual([]);

    const result = await promote('action', inputs);
    expectSuccess(result);
    const writes = await writesSince(mark, repository);
    const blobs = writes.filter((write) => write.includes('blobs/'));
    expect(blobs.length).toBeGreaterThan(1);
    expect(new Set(blobs)).toEqual(new Set(['POST blobs/uploads mount']));
    await expectSigned(prod, repository, { tags: ['2.0', 'latest'], digest });
  });
});

describe('an image that may not be promoted', () => {
  it('is unsigned, signed for something else, or not signed by who is required', async () => {
    const repository = prod.repository();
    const { gun, plain } = made;
    const mark = await stack.requestMark();
    const never = await promote('task', { source: `${gun}-never:1`, repository });
    expectFailure(never, { code: 'TAG_NOT_SIGNED', message: /has no trust data/ });
    const unsigned = await promote('cli', { source: `${gun}:plain`, repository });
    expectFailure(unsigned, { code: 'TAG_NOT_SIGNED', message: /tag plain is not signed/ });
    const other = await promote('action', { source: `${gun}:signed@${plain}`, repository });
    expectFailure(other, { code: 'TAG_NOT_SIGNED', message: /not for this digest/ });
    const lacking = { source: `${gun}:signed`, repository, 'required-signers': 'qa' };
    const unapproved = await promote('cli', lacking);
    expectFailure(unapproved, { code: 'POLICY_NOT_MET', message: /not by targets\/qa/ });
    const pin = { source: `${gun}:signed`, repository, 'source-trust-pin': 'f'.repeat(64) };
    const foreign = await promote('cli', pin);
    expectFailure(foreign, { code: 'TRUST_PIN_MISMATCH', message: /./ });
    expect(await writesSince(mark, repository)).toEqual([]);
  });
});

describe('a target that cannot be signed', () => {
  it('gets nothing with a wrong key or without a right', async () => {
    const repository = prod.repository();
    expectSuccess(await promote('cli', { source: `${made.gun}:signed`, repository }));
    const source = `${made.gun}:signed`;
    const mark = await stack.requestMark();
    const before = await stateOf(prod, repository);
    const wrong = { source, repository, tags: 'new', 'signing-key': await prod.vault.key() };
    const refused = await promote('task', wrong);
    expectFailure(refused, { code: 'KEY_NOT_AUTHORIZED', message: /./ });

    const pusher = await prod.registry.principal('AcrPush');
    const { clientId: principalId } = pusher;
    const grants = { 'Key Vault Crypto User': prod.vault.id, AcrPull: dev.registry.id };
    for (const [role, scope] of Object.entries(grants)) {
      await stack.azure.assignRole({ principalId, role, scope });
    }
    const inputs = { source, repository, tags: 'new' };
    const noSigner = await promote('cli', { ...inputs, ...credentialsOf(pusher) });
    expectFailure(noSigner, {
      code: 'SIGNER_NOT_AUTHORIZED',
      message: /./,
      remedy: /AcrImageSigner/,
    });
    const noPush = await promote('action', { ...inputs, ...credentialsOf(prod.reader) });
    expectFailure(noPush, { code: 'PUSH_NOT_AUTHORIZED', message: /./, remedy: /AcrPush/ });
    expect(await writesSince(mark, repository)).toEqual([]);
    expect(await stateOf(prod, repository)).toEqual(before);
  });

  it('is left without the tag when the signing fails, and the next run copies nothing again', async () => {
    const repository = prod.repository();
    const { signed: digest } = made;
    const source = `${made.gun}:signed`;
    const target = `${repository}/_trust/tuf/$`;
    await stack.failNext({
      target,
      method: 'POST',
      failure: { kind: 'answer', status: 400, body: '{}' },
    });
    const failed = await promote('action', { source, repository });
    expectFailure(failed, {
      code: 'TRUST_SERVER_REJECTED',
      message: /No tag of .* was moved/,
      outputs: { digest },
    });
    expect(await stack.tags(repository)).toEqual([]);
    expect(await stack.manifest(repository, digest)).not.toBeNull();
    const report = await readFile(failed.outputs['trust-report'] ?? '', 'utf8');
    expect(JSON.parse(report)).toMatchObject({
      outcome: 'failed',
      error: { code: 'TRUST_SERVER_REJECTED' },
      copied: 'yes',
      state: 'untouched',
    });

    const mark = await stack.requestMark();
    const result = await promote('task', { source, repository });
    expectSuccess(result);
    expect(await writesSince(mark, repository)).toEqual([
      'POST trust data',
      'PUT manifests/signed',
    ]);
    expect(result.outputs.digest).toBe(digest);
  });
});
