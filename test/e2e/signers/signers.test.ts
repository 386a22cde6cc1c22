/** Signers that come and go, judged by stock clients. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { uniqueName, type Principal } from '../../stack/index.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { createDockerOwner, passphrases, type DockerOwner } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { credentialsOf } from '../scenario.js';
import { makeKeys, publicPem, setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
const { registry, reader, signer: owner } = scenario;

/** A pipeline whose keys the owner of the repositories may look at, and not use. */
interface Pipeline {
  readonly principal: Principal;
  readonly key: string;
  readonly certificate: string;
  /** Files with the public halves, as they are handed over. */
  readonly keyFile: string;
  readonly certificateFile: string;
}

async function createPipeline(): Promise<Pipeline> {
  const { azure } = stack;
  const principal = await registry.principal('AcrPush', 'AcrImageSigner');
  const vault = uniqueName('vault');
  const { id, vaultUrl } = await azure.createVault({ name: vault });
  for (const role of ['Key Vault Crypto User', 'Key Vault Certificate User']) {
    await azure.assignRole({ principalId: principal.clientId, role, scope: id });
  }
  const role = 'Key Vault Reader';
  await azure.assignRole({ principalId: owner.clientId, role, scope: id });
  const { jwk } = await azure.createKey({ vault, name: 'ci', kty: 'EC', crv: 'P-256' });
  const { cer } = await azure.createCertificate({ vault, name: 'release', kty: 'RSA' });
  const url = vaultUrl.replace(/\/$/, '');
  const keyFile = path.join(stack.info.folder, `${vault}.pem`);
  const certificateFile = path.join(stack.info.folder, `${vault}.crt`);
  await writeFile(keyFile, publicPem(jwk));
  const lines = (cer.match(/.{1,64}/g) ?? []).join('\n');
  await writeFile(
    certificateFile,
    `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  );
  return {
    principal,
    key: `${url}/keys/ci`,
    certificate: `${url}/certificates/release`,
    keyFile,
    certificateFile,
  };
}

/** Signs as the pipeline does. */
const sign = (pipeline: Pipeline, repository: string, tag: string, key = pipeline.key) =>
  scenario.run({
    host: 'task',
    inputs: {
      command: 'sign',
      repository,
      tags: tag,
      'signing-key': key,
      ...credentialsOf(pipeline.principal),
    },
  });

const inspect = (repository: string) =>
  stack.dockerTrustInspect({ engine: 'docker26', ref: gunOf(repository), login: reader.login });

describe('signers add', () => {
  it('lists keys of a vault in repositories at once, which sign then as stock clients see', async () => {
    const keys = await makeKeys(scenario);
    const [one, two] = [scenario.repository(), scenario.repository()];
    const both = `${one}, ${two}`;
    const init = { ...keys, command: 'keysInit', repository: both };
    expectSuccess(await scenario.run({ host: 'cli', inputs: init }));
    const pipeline = await createPipeline();
    const inputs = {
      'signing-key': keys['signing-key'],
      repository: both,
      signer: 'ci',
      'signer-key': `${pipeline.key}\n${pipeline.certificate}`,
    };

    const before = await stateOf(scenario, one);
    const dry = { ...inputs, command: 'signersAdd', 'dry-run': 'true' };
    const foreseen = await scenario.run({ host: 'cli', inputs: dry });
    expectSuccess(foreseen);
    expect(foreseen.output).toMatch(/to be added/);
    expect(await stateOf(scenario, one)).toEqual(before);

    const added = await scenario.run({
      host: 'action',
      actionFolder: 'actions/signers',
      inputs: { ...inputs, command: 'add' },
    });
    expectSuccess(added);
    expect(added.outputs.repositories).toBe(`${gunOf(one)}\n${gunOf(two)}`);
    expect(added.outputs.keys).toMatch(
      /\/keys\/ci\/[0-9a-f]{32}\n.*\/certificates\/release\/[0-9a-f]{32}$/,
    );
    expect(added.stdout).toContain('the newest version');
    expect(added.summary).toContain('### ✅ Signer `ci` added');

    const again = { ...inputs, command: 'signersAdd' };
    const second = await scenario.run({ host: 'task', inputs: again });
    expectSuccess(second);
    expect(second.output).toContain('Nothing was changed.');

    for (const [repository, key] of [
      [one, pipeline.key],
      [two, pipeline.certificate],
    ] as const) {
      const digest = await pushUnsigned(scenario, repository, '1');
      expectSuccess(await sign(pipeline, repository, '1', key));
      await expectSigned(scenario, repository, { tags: ['1'], digest });
      const seen = await inspect(repository);
      expect(seen?.SignedTags.map(({ Signers }) => Signers)).toEqual([['ci']]);
      expect(seen?.Signers.map(({ Name, Keys }) => [Name, Keys.length])).toEqual([['ci', 2]]);
    }

    const list = { command: 'signersList', repository: both, ...credentialsOf(reader) };
    const listed = await scenario.run({ host: 'cli', inputs: list });
    expectSuccess(listed);
    const seen = await inspect(one);
    for (const { ID } of seen?.Signers[0]?.Keys ?? []) {
      expect(listed.stderr).toMatch(new RegExp(`ci +${ID} +(ecdsa|rsa-x509) +yes +1`));
    }
  });
});

describe('signers remove', () => {
  it('keeps what was signed, refuses the removed key everywhere, and loses nothing unasked', async () => {
    const repository = scenario.repository();
    const docker = await createDockerOwner(scenario, repository);
    const old = await docker.push('old');
    const inputs = {
      repository,
      'signing-key': await scenario.vault.secret(await docker.keyFile('targets')),
      'signing-key-passphrase': passphrases.other,
    };
    const grace = await createDockerOwner(scenario, repository);
    await grace.trust('key', 'generate', '--dir', grace.config, 'grace');
    const pipeline = await createPipeline();
    const first = await scenario.run({
      host: 'cli',
      inputs: {
        ...inputs,
        command: 'signersAdd',
        signer: 'grace',
        'signer-key': path.join(grace.config, 'grace.pub'),
      },
    });
    expectSuccess(first);
    expect(first.output).toMatch(/go on being pulled from there until a signer signs them \(old\)/);
    const ci = { ...inputs, signer: 'ci' };
    const files = `${pipeline.keyFile}, ${pipeline.certificateFile}`;
    const more = { ...ci, command: 'signersAdd', 'signer-key': files };
    expectSuccess(await scenario.run({ host: 'task', inputs: more }));

    // The pipeline first, so that Docker's signature is the one that targets/releases lives by.
    const byCi = await pushUnsigned(scenario, repository, 'by-ci');
    expectSuccess(await sign(pipeline, repository, 'by-ci', pipeline.certificate));
    const byGrace = await grace.push('by-grace');
    const seen = await inspect(repository);
    expect(seen?.SignedTags.map(({ SignedTag, Signers }) => [SignedTag, Signers])).toEqual([
      ['by-ci', ['ci']],
      ['by-grace', ['grace']],
      ['old', ['Repo Admin']],
    ]);

    const removal = { ...inputs, signer: 'grace' };
    const before = await stateOf(scenario, repository);
    const kept = await scenario.run({
      host: 'task',
      inputs: { ...removal, command: 'signersRemove' },
    });
    expectFailure(kept, {
      code: 'CONFIRMATION_MISSING',
      message: /would lose signed tags: by-ci, by-grace/,
      remedy: /to keys, and nothing is lost/,
    });
    expect(await stateOf(scenario, repository)).toEqual(before);

    // Only the pipeline may sign with its key, and it may publish: so it removes.
    const removed = await scenario.run({
      host: 'action',
      actionFolder: 'actions/signers',
      inputs: {
        ...removal,
        command: 'remove',
        'signing-key': await keyFileOf(docker),
        keys: pipeline.key,
        // Grace has signed last, and the owner made the repository with Docker: no key has a record.
        'trust-pin': await docker.rootKeyId(),
        ...credentialsOf(pipeline.principal),
      },
    });
    expectSuccess(removed);
    expect(removed.stdout).toMatch(/removed +[0-9a-f]{64} +signed again/);
    await expectSigned(scenario, repository, { tags: ['old'], digest: old });
    await expectSigned(scenario, repository, { tags: ['by-ci'], digest: byCi });
    await expectSigned(scenario, repository, { tags: ['by-grace'], digest: byGrace });
    expect((await inspect(repository))?.Signers.map(({ Name }) => Name)).toEqual(['ci']);
    const refused = await stack.docker({
      engine: 'docker20',
      args: ['trust', 'sign', `${gunOf(repository)}:by-grace`],
      config: grace.config,
      trust: true,
      env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.other },
    });
    expect(refused.exitCode, refused.output).not.toBe(0);
    expect(refused.output).toContain('no valid signing keys for delegation roles');

    const last = await stateOf(scenario, repository);
    const lone = { ...ci, command: 'signersRemove' };
    expectFailure(await scenario.run({ host: 'cli', inputs: lone }), {
      code: 'CONFIRMATION_MISSING',
      message: /would lose signed tags: by-ci, by-grace/,
    });
    expect(await stateOf(scenario, repository)).toEqual(last);
    const given = await scenario.run({ host: 'task', inputs: { ...lone, confirm: repository } });
    expectSuccess(given);
    expect(given.output).toMatch(/has lost signed tags: by-ci, by-grace/);
    await expectSigned(scenario, repository, { tags: ['old'], digest: old, unsigned: 'by-ci' });
    expectFailure(await sign(pipeline, repository, 'by-ci'), {
      code: 'KEY_NOT_AUTHORIZED',
      message: /may not sign the tag by-ci/,
      remedy: /"signers add"/,
    });
    expect(await inspect(repository)).toMatchObject({ Signers: [] });
  });
});

/** The path of Docker's own file of the repository key, with the mode it has. */
async function keyFileOf(docker: DockerOwner): Promise<string> {
  const text = await docker.keyFile('targets');
  const file = path.join(docker.config, 'repository.key');
  await writeFile(file, text, { mode: 0o600 });
  expect(await readFile(file, 'utf8')).toContain('ENCRYPTED');
  return file;
}
