/** Images that are built, pushed and signed both ways, or for Notary Project alone, in one run. */
import { afterAll, describe, expect, it } from 'vitest';
import type { FrontFault } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import { readReport } from '../main-job/reported.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';
import { createDigestBuilder, plainTags } from '../tags-last/pushing.js';
import { prepareNotaryProject } from './certificates.js';

const { stack, scenario, gunOf } = await setUp();
const { vault, registry } = scenario;
const { makeCertificate, verify } = await prepareNotaryProject(scenario);
const certificate = await makeCertificate();
const root = certificate.chain.at(-1) ?? '';
const rootKey = await vault.key();
const authority = await stack.azure.timestampAuthority();
const builder = await createDigestBuilder(scenario);
afterAll(() => builder.close());

async function inputsFor(
  repository: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  return {
    repository,
    tags: 'one,two',
    'signing-key': certificate.url,
    context: await stack.makeImageContext(repository),
    ...more,
  };
}

const signedMetadata = (repository: string) => ({
  'tag:one': gunOf(repository),
  'tag:two': gunOf(repository),
});

/** What was written into a repository since `since`, blobs aside. */
async function writesSince(repository: string, since: number): Promise<string[]> {
  const matching = `^(POST .*/${repository}/_trust/|PUT .*/${repository}/manifests/)`;
  return (await stack.requests({ since, matching })).map(({ method, path }) =>
    `${method} ${path.split('/').slice(-2).join('/')}`.replace(/sha256(:|%3A)\w+/, '<digest>'),
  );
}

describe('signed both ways', () => {
  it('an image that is built gets its tags after both signatures', async () => {
    const repository = scenario.repository();
    const inputs = await inputsFor(repository, {
      signatures: 'both',
      'root-key': rootKey,
      'timestamp-url': authority.url,
      'timestamp-root': authority.root,
    });
    const since = await stack.requestMark();
    const result = await scenario.run({ host: 'action', ...builder.docker, inputs });
    expectSuccess(result);
    const writes = await writesSince(repository, since);
    expect(writes.slice(-4)).toEqual([
      'PUT manifests/<digest>',
      'POST tuf/',
      expect.stringMatching(/^PUT manifests\/(one|two)$/),
      expect.stringMatching(/^PUT manifests\/(one|two)$/),
    ]);
    const digest = result.outputs.digest ?? '';
    await expectSigned(scenario, repository, { tags: ['one', 'two'], digest });
    const metadata = signedMetadata(repository);
    const verdict = await verify(repository, digest, root, metadata, authority.root);
    expect(verdict).toMatchObject({ accepted: true });
    expect(await readReport(result)).toMatchObject({
      pushed: 'yes',
      tags: [{ signed: true }, { signed: true }],
      notaryProject: [{ digest, isNew: true, timestamp: anyText, tags: ['one', 'two'] }],
    });
    expect(result.outputs).toMatchObject({ 'signed-tags': 'one,two', role: 'targets' });
  });

  it('an image that Docker has is pushed under its tags first, and signed once', async () => {
    const repository = scenario.repository();
    const inputs = await inputsFor(repository, { signatures: 'both', 'root-key': rootKey });
    const run = { host: 'task', docker: 'docker20' } as const;
    const result = await scenario.run({ ...run, inputs });
    expectSuccess(result);
    const digest = result.outputs.digest ?? '';
    await expectSigned(scenario, repository, { tags: ['one', 'two'], digest });
    expect(await verify(repository, digest, root)).toMatchObject({ accepted: true });
    const again = await scenario.run({ ...run, inputs: { ...inputs, command: 'push' } });
    expectSuccess(again);
    expect(await readReport(again)).toMatchObject({ notaryProject: [{ digest, isNew: false }] });
  });

  it('an image that could not be signed so is not built', async () => {
    const repository = scenario.repository();
    const since = await stack.requestMark();
    const p384 = await makeCertificate({ kty: 'EC', crv: 'P-384' });
    const inputs = await inputsFor(repository, {
      signatures: 'both',
      'signing-key': p384.url,
      'root-key': rootKey,
    });
    const result = await scenario.run({ host: 'cli', docker: 'docker20', inputs });
    expectFailure(result, { code: 'KEY_UNSUITABLE', message: /curve P-384/ });
    expect(result.output).not.toContain('Step 1/');
    expect(await writesSince(repository, since)).toEqual([]);
  });
});

describe('signed for Notary Project alone', () => {
  it('an image is pushed by who may not publish trust data, which nobody asks for', async () => {
    const repository = scenario.repository();
    const pusher = await registry.principal('AcrPush');
    for (const role of ['Key Vault Crypto User', 'Key Vault Certificate User']) {
      await stack.azure.assignRole({ principalId: pusher.clientId, role, scope: vault.id });
    }
    const inputs = await inputsFor(repository, {
      ...credentialsOf(pusher),
      signatures: 'notary-project',
      'signature-format': 'jws',
      'tags-last': 'always',
      'base-images': 'ignore',
    });
    const since = await stack.requestMark();
    const result = await scenario.run({
      host: 'cli',
      docker: 'docker20',
      inputs,
      env: { DOCKER_CONTENT_TRUST: '1' },
    });
    expectSuccess(result);
    expect(await stack.requests({ since, matching: `${repository}/_trust/` })).toEqual([]);
    const digest = result.outputs.digest ?? '';
    const metadata = signedMetadata(repository);
    expect(await verify(repository, digest, root, metadata)).toMatchObject({ accepted: true });
    expect(await plainTags(scenario, repository)).toEqual(['one', 'two']);
    expect(result.outputs).toMatchObject({ 'signed-tags': 'one,two' });
    expect(result.outputs['key-id']).toBeUndefined();
  });

  it('an image is not built with a certificate that the portal made', async () => {
    const repository = scenario.repository();
    const portal = await makeCertificate({
      keyUsage: ['digitalSignature', 'keyEncipherment'],
      ekus: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
    });
    const inputs = await inputsFor(repository, {
      signatures: 'notary-project',
      'signing-key': portal.url,
    });
    const result = await scenario.run({ host: 'task', docker: 'docker20', inputs });
    expectFailure(result, { code: 'CERTIFICATE_UNSUITABLE', message: /cannot sign images/ });
    expect(result.output).not.toContain('Step 1/');
  });

  it('an image gets neither signature nor tag while no time stamp is given', async () => {
    const repository = scenario.repository();
    const inputs = await inputsFor(repository, {
      signatures: 'notary-project',
      'timestamp-url': `${authority.url}${repository}`,
      'timestamp-root': authority.root,
    });
    const run = { host: 'cli', ...builder.docker, inputs } as const;
    const target = `/${repository}$`;
    const since = await stack.requestMark();
    await stack.failNext({ target, times: 99, failure: { kind: 'answer', status: 503 } });
    const failure = { code: 'TIMESTAMP_FAILED', message: /status 503/ } as const;
    expectFailure(await scenario.run(run), failure);
    expect(await writesSince(repository, since)).toEqual([]);
    await stack.takeBackFaults(target);
    // The first is asked for before the build.
    await stack.failNext({ target, skip: 1, times: 99, failure: { kind: 'answer', status: 503 } });
    expectFailure(await scenario.run(run), { ...failure, outputs: { digest: anyText } });
    expect(await plainTags(scenario, repository)).toEqual([]);
    await stack.takeBackFaults(target);
    const { digest = '' } = (await scenario.run(run)).outputs;
    const verdict = await verify(repository, digest, root, {}, authority.root);
    expect(verdict).toMatchObject({ accepted: true });
  });

  const cut = { kind: 'cut' } as const;
  const faults: readonly (readonly [
    string,
    Omit<FrontFault, 'target'> & { path: string },
    RegExp,
  ])[] = [
    [
      'cannot be seen once it is stored',
      { path: '/referrers/', method: 'GET', skip: 1, times: 99, failure: cut },
      /It is not known whether a Notary Project signature is attached to \S+@sha256:/,
    ],
    [
      'is attached but that cannot get a tag',
      { path: '/manifests/two$', method: 'PUT', times: 9, failure: cut },
      /A Notary Project signature is attached to \S+@sha256:\w+, and is not made a second time/,
    ],
  ];
  it.each(faults)('an image whose signature %s has no unsigned tag', async (_, fault, told) => {
    const repository = scenario.repository();
    const inputs = await inputsFor(repository, { signatures: 'notary-project' });
    const run = { host: 'cli', ...builder.docker, inputs } as const;
    const { path, ...rest } = fault;
    const target = `/${repository}${path}`;
    await stack.failNext({ ...rest, target });
    const failed = await scenario.run(run);
    await stack.takeBackFaults(target);
    expect(failed.exitCode, failed.output).toBe(1);
    expect(failed.output).toMatch(told);
    for (const tag of await plainTags(scenario, repository)) {
      const { digest = '' } = (await stack.manifest(repository, tag)) ?? {};
      expect(await verify(repository, digest, root)).toMatchObject({ accepted: true });
    }
    const result = await scenario.run(run);
    expectSuccess(result);
    expect(await plainTags(scenario, repository)).toEqual(['one', 'two']);
    expect(await verify(repository, result.outputs.digest ?? '', root)).toMatchObject({
      accepted: true,
    });
  });
});
