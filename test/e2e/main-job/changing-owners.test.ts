/**
 * Repositories whose owners change keys and signers while we sign: what they took away no longer
 * signs, what they gave does, and they can go on with what we made.
 */
import { createPublicKey } from 'node:crypto';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import type { ProductResult } from '../product.js';
import { newPrivateKey } from '../scenario.js';
import { publicPem, setUp } from '../set-up.js';
import { readReport } from './reported.js';
import { createDockerOwner, createNotaryOwner, passphrases, writeBeside } from './stock-owners.js';
import { pushUnsigned } from './unsigned-tag.js';

const { stack, scenario, gunOf } = await setUp();
let key: { readonly url: string; readonly publicKey: string };

beforeAll(async () => {
  const name = uniqueName('key');
  const made = await stack.azure.createKey({ vault: scenario.vault.name, name, kty: 'EC' });
  key = { url: made.kid, publicKey: publicPem(made.jwk) };
});

function sign(
  repository: string,
  tag: string,
  inputs: Readonly<Record<string, string>> = { 'signing-key': key.url },
): Promise<ProductResult> {
  const own = { command: 'sign', repository, tags: tag };
  return scenario.run({ host: 'cli', inputs: { ...own, ...inputs } });
}

/** The IDs of the root key, as the Docker CLI tells them. */
async function rootKeyIds(repository: string): Promise<readonly string[]> {
  const inspected = await stack.dockerTrustInspect({
    engine: 'docker26',
    ref: gunOf(repository),
    login: scenario.reader.login,
  });
  const root = inspected?.AdministrativeKeys.find(({ Name }) => Name === 'Root');
  return root?.Keys.map(({ ID }) => ID) ?? [];
}

/** A repository of Docker's that has our vault key as the signer `pipeline`. */
async function withSigner() {
  const repository = scenario.repository();
  const owner = await createDockerOwner(scenario, repository);
  const theirs = await owner.push('theirs');
  const file = await writeBeside(owner.config, 'pipeline.pem', key.publicKey);
  await owner.trust('signer', 'add', '--key', file, 'pipeline', gunOf(repository));
  const trustDir = path.join(owner.config, 'trust');
  const { notary } = await createNotaryOwner(scenario, repository, trustDir);
  return { repository, gun: gunOf(repository), owner, theirs, notary };
}

describe('when the owner of a repository', () => {
  it('rotates the root key, we follow, and take the new one only as the pin', async () => {
    const { repository, gun, theirs, notary } = await withSigner();
    const [old = ''] = await rootKeyIds(repository);
    await notary('key', 'rotate', gun, 'root');
    const [current = ''] = await rootKeyIds(repository);
    expect(current).not.toBe(old);
    const ours = await pushUnsigned(scenario, repository, 'ours');
    const result = await sign(repository, 'ours', { 'signing-key': key.url, 'trust-pin': current });
    expectSuccess(result);
    expect((await readReport(result)).pinnedBy).toContain(`(Docker's ID: ${current})`);
    await expectSigned(scenario, repository, { tags: ['ours'], digest: ours });
    await expectSigned(scenario, repository, { tags: ['theirs'], digest: theirs });

    await pushUnsigned(scenario, repository, 'more');
    const before = await stateOf(scenario, repository);
    const refused = await sign(repository, 'more', { 'signing-key': key.url, 'trust-pin': old });
    expectFailure(refused, { code: 'TRUST_PIN_MISMATCH', message: new RegExp(repository) });
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('rotates the targets key, the old one no longer signs and the new one does', async () => {
    const repository = scenario.repository();
    const owner = await createDockerOwner(scenario, repository);
    await owner.push('theirs');
    const oldFile = await owner.keyFile('targets');
    const trustDir = path.join(owner.config, 'trust');
    const { notary } = await createNotaryOwner(scenario, repository, trustDir);
    await notary('key', 'rotate', gunOf(repository), 'targets');
    const newFile = await owner.keyFile('targets', oldFile);
    const ours = await pushUnsigned(scenario, repository, 'ours');
    const inputs = async (file: string) => ({
      'signing-key': await scenario.vault.secret(file),
      'signing-key-passphrase': passphrases.other,
    });
    const before = await stateOf(scenario, repository);
    const refused = await sign(repository, 'ours', await inputs(oldFile));
    expectFailure(refused, { code: 'KEY_NOT_AUTHORIZED', message: /ours/ });
    expect(await stateOf(scenario, repository)).toEqual(before);
    expectSuccess(await sign(repository, 'ours', await inputs(newFile)));
    await expectSigned(scenario, repository, { tags: ['ours'], digest: ours });
  });

  it('removes us as a signer, we sign no more', async () => {
    const { repository, gun, owner } = await withSigner();
    const ours = await pushUnsigned(scenario, repository, 'ours');
    expectSuccess(await sign(repository, 'ours'));
    await expectSigned(scenario, repository, { tags: ['ours'], digest: ours });
    await owner.trust('signer', 'remove', '--force', 'pipeline', gun);
    await pushUnsigned(scenario, repository, 'more');
    const before = await stateOf(scenario, repository);
    const refused = await sign(repository, 'more');
    expectFailure(refused, { code: 'KEY_NOT_AUTHORIZED', message: /more/ });
    expect(await stateOf(scenario, repository)).toEqual(before);
  });

  it('lets us sign some tags only, we sign those and no others', async () => {
    const repository = scenario.repository();
    const gun = gunOf(repository);
    const { trustDir, notary } = await createNotaryOwner(scenario, repository);
    await notary('init', gun);
    await notary('key', 'rotate', gun, 'snapshot', '--server-managed');
    const file = await writeBeside(trustDir, 'ci.pem', key.publicKey);
    const paths = ['--paths', 'v1', '--publish'];
    await notary('delegation', 'add', gun, 'targets/releases', file, ...paths);
    const digest = await pushUnsigned(scenario, repository, 'v1.2');
    await pushUnsigned(scenario, repository, 'v2.0');
    const before = await stateOf(scenario, repository);
    const refused = await sign(repository, 'v1.2, v2.0');
    expectFailure(refused, { code: 'KEY_NOT_AUTHORIZED', message: /v2\.0/ });
    expect(await stateOf(scenario, repository)).toEqual(before);
    expectSuccess(await sign(repository, 'v1.2'));
    await expectSigned(scenario, repository, { tags: ['v1.2'], digest, unsigned: 'v2.0' });
  });

  it('revokes a tag of ours, it is refused until we sign it again', async () => {
    const { repository, gun, owner } = await withSigner();
    const digest = await pushUnsigned(scenario, repository, 'ours');
    // Docker revokes with the keys it has, so it gets ours for once.
    const pem = newPrivateKey();
    const secret = await scenario.vault.secret(pem);
    const publicKey = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
    const files = {
      public: await writeBeside(owner.config, 'shared.pub', publicKey),
      private: await writeBeside(owner.config, 'shared.key', pem),
    };
    await owner.trust('key', 'load', '--name', 'shared', files.private);
    await owner.trust('signer', 'add', '--key', files.public, 'shared', gun);
    expectSuccess(await sign(repository, 'ours', { 'signing-key': secret }));
    await expectSigned(scenario, repository, { tags: ['ours'], digest });
    await owner.trust('revoke', '--yes', `${gun}:ours`);
    const { login } = scenario.reader;
    const pulled = await stack.dockerPull({ engine: 'docker20', ref: `${gun}:ours`, login });
    expect(pulled.exitCode, pulled.output).not.toBe(0);
    expectSuccess(await sign(repository, 'ours', { 'signing-key': secret }));
    await expectSigned(scenario, repository, { tags: ['ours'], digest });
  });
});

describe('a repository that we initialised', () => {
  it('is kept by Docker and notary with the same keys, root rotation included', async () => {
    const repository = scenario.repository();
    const gun = gunOf(repository);
    const pems = { root: newPrivateKey(), targets: newPrivateKey() };
    const first = await pushUnsigned(scenario, repository, 'first');
    const inputs = {
      'signing-key': await scenario.vault.secret(pems.targets),
      'root-key': await scenario.vault.secret(pems.root),
    };
    expectSuccess(await sign(repository, 'first', inputs));

    const { trustDir, notary } = await createNotaryOwner(scenario, repository);
    for (const [role, pem] of Object.entries(pems)) {
      const file = await writeBeside(trustDir, `${role}.pem`, pem);
      const target = role === 'targets' ? ['--gun', gun] : [];
      await notary('key', 'import', file, '--role', role, ...target);
    }
    const owner = await createDockerOwner(scenario, repository, trustDir);
    const theirs = await owner.push('theirs');
    const [old] = await rootKeyIds(repository);
    await notary('key', 'rotate', gun, 'root');
    expect(await rootKeyIds(repository)).not.toContain(old);
    const file = await writeBeside(owner.config, 'pipeline.pem', key.publicKey);
    await owner.trust('signer', 'add', '--key', file, 'pipeline', gun);
    const digest = await pushUnsigned(scenario, repository, 'ours');
    expectSuccess(await sign(repository, 'ours'));
    await expectSigned(scenario, repository, { tags: ['first'], digest: first });
    await expectSigned(scenario, repository, { tags: ['theirs'], digest: theirs });
    await expectSigned(scenario, repository, { tags: ['ours'], digest });
  });
});
