/**
 * Repositories that the Docker and notary clients signed first: we extend them, their owners go on,
 * and fresh clients trust what each signed.
 */
import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import type { ProductResult } from '../product.js';
import { newPrivateKey } from '../scenario.js';
import { publicPem, setUp } from '../set-up.js';
import { expectReported } from './reported.js';
import { createDockerOwner, createNotaryOwner, passphrases, writeBeside } from './stock-owners.js';
import { pushByDocker } from './unsigned-tag.js';

const { stack, scenario, gunOf } = await setUp();

/** A new key in the vault: its URL, and what an owner is given of it. */
async function vaultKey(): Promise<{ readonly url: string; readonly publicKey: string }> {
  const { vault } = scenario;
  const options = { vault: vault.name, name: uniqueName('key'), kty: 'EC', crv: 'P-256' } as const;
  const { kid, jwk } = await stack.azure.createKey(options);
  return { url: kid, publicKey: publicPem(jwk) };
}

/** Signs a tag by the product that is there unsigned; what it stands for. */
async function signTag(
  repository: string,
  tag: string,
  inputs: Readonly<Record<string, string>>,
): Promise<{ readonly result: ProductResult; readonly digest: string }> {
  const digest = await pushByDocker(scenario, repository, tag);
  const own = { command: 'sign', repository, tags: tag };
  const result = await scenario.run({ host: 'cli', inputs: { ...own, ...inputs } });
  return { result, digest };
}

/** Who signed what, as the Docker CLI tells it. */
async function signersOf(repository: string): Promise<Record<string, readonly string[]>> {
  const inspected = await stack.dockerTrustInspect({
    engine: 'docker26',
    ref: gunOf(repository),
    login: scenario.reader.login,
  });
  const tags = inspected?.SignedTags ?? [];
  return Object.fromEntries(tags.map(({ SignedTag, Signers }) => [SignedTag, Signers]));
}

async function expectEachSigned(
  repository: string,
  digests: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [tag, digest] of Object.entries(digests)) {
    await expectSigned(scenario, repository, { tags: [tag], digest });
  }
}

describe('a repository that Docker signed first', () => {
  it.each(['native', 'docker'] as const)(
    'is extended with its own targets key by the %s engine, and Docker goes on',
    async (engine) => {
      const repository = scenario.repository();
      const owner = await createDockerOwner(scenario, repository);
      const theirs = await owner.push('theirs');
      const result = await scenario.run({
        host: 'action',
        docker: 'docker20',
        inputs: {
          repository,
          tags: 'ours',
          engine,
          context: await stack.makeImageContext(repository),
          'signing-key': await scenario.vault.secret(await owner.keyFile('targets')),
          'signing-key-passphrase': passphrases.other,
          // The Docker CLI reads anew: what its key has signed before says nothing of what it is shown.
          ...(engine === 'docker' && { 'trust-pin': await owner.rootKeyId() }),
        },
      });
      expectSuccess(result);
      const expected = { repository, tags: ['ours'], engine, initialised: false };
      const ours = await expectReported(scenario, result, expected);
      const more = await owner.push('more');
      await expectEachSigned(repository, { theirs, ours, more });
    },
  );

  it('takes our vault key as a signer, and we sign with nothing but that', async () => {
    const repository = scenario.repository();
    const owner = await createDockerOwner(scenario, repository);
    const theirs = await owner.push('theirs');
    const key = await vaultKey();
    const inputs = { 'signing-key': key.url };
    const before = await stateOf(scenario, repository);
    const early = await scenario.run({
      host: 'cli',
      inputs: { command: 'sign', repository, tags: 'theirs', ...inputs },
    });
    expectFailure(early, { code: 'KEY_NOT_AUTHORIZED', message: /theirs/ });
    expect(await stateOf(scenario, repository)).toEqual(before);

    const file = await writeBeside(owner.config, 'pipeline.pem', key.publicKey);
    await owner.trust('signer', 'add', '--key', file, 'pipeline', gunOf(repository));
    const { result, digest: ours } = await signTag(repository, 'ours', inputs);
    expectSuccess(result);
    const roles = ['targets/pipeline', 'targets/releases'];
    const expected = { repository, tags: ['ours'], engine: 'native', initialised: false } as const;
    await expectReported(scenario, result, { ...expected, roles });
    await expectEachSigned(repository, { theirs, ours });
    expect(await signersOf(repository)).toEqual({ theirs: ['Repo Admin'], ours: ['pipeline'] });
  });

  it('takes a signer whose key the docker engine uses, and the native one after it', async () => {
    const repository = scenario.repository();
    const owner = await createDockerOwner(scenario, repository);
    const theirs = await owner.push('theirs');
    const pem = newPrivateKey();
    const publicKey = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
    const file = await writeBeside(owner.config, 'pipeline.pem', publicKey);
    await owner.trust('signer', 'add', '--key', file, 'pipeline', gunOf(repository));
    const digests: Record<string, string> = { theirs };
    for (const engine of ['docker', 'native'] as const) {
      const result = await scenario.run({
        host: 'task',
        docker: 'docker20',
        inputs: {
          repository,
          tags: `by-${engine}`,
          engine,
          context: await stack.makeImageContext(`${repository} ${engine}`),
          'signing-key': await scenario.vault.secret(pem),
          'trust-pin': await owner.rootKeyId(),
        },
      });
      expectSuccess(result);
      digests[`by-${engine}`] = await expectReported(scenario, result, {
        repository,
        tags: [`by-${engine}`],
        engine,
        initialised: false,
        roles: ['targets/pipeline', 'targets/releases'],
      });
    }
    await expectEachSigned(repository, digests);
    expect(await signersOf(repository)).toMatchObject({
      'by-docker': ['pipeline'],
      'by-native': ['pipeline'],
    });
  });
});

describe('a repository that notary made', () => {
  it('has us sign into its delegations, and notary and Docker go on', async () => {
    const repository = scenario.repository();
    const gun = gunOf(repository);
    const { trustDir, notary } = await createNotaryOwner(scenario, repository);
    await notary('init', gun);
    await notary('key', 'rotate', gun, 'snapshot', '--server-managed');
    await notary('publish', gun);
    const { vault } = scenario;
    const name = uniqueName('cert');
    const { id, cer } = await stack.azure.createCertificate({ vault: vault.name, name });
    await stack.azure.assignRole({
      principalId: scenario.signer.clientId,
      role: 'Key Vault Certificate User',
      scope: vault.id,
    });
    const pem = `-----BEGIN CERTIFICATE-----\n${cer}\n-----END CERTIFICATE-----\n`;
    const file = await writeBeside(trustDir, 'ci.crt', pem);
    for (const role of ['targets/releases', 'targets/ci']) {
      await notary('delegation', 'add', gun, role, file, '--all-paths', '--publish');
    }

    const { result, digest: ours } = await signTag(repository, 'ours', { 'signing-key': id });
    expectSuccess(result);
    await expectReported(scenario, result, {
      repository,
      tags: ['ours'],
      engine: 'native',
      initialised: false,
      roles: ['targets/ci', 'targets/releases'],
    });

    const theirs = await pushByDocker(scenario, repository, 'theirs');
    const content = (await stack.manifest(repository, 'theirs'))?.content ?? '';
    const size = String(Buffer.from(content, 'base64').length);
    const sha256 = theirs.replace('sha256:', '');
    await notary('addhash', gun, 'theirs', size, '--sha256', sha256, '--publish');

    const owner = await createDockerOwner(scenario, repository, trustDir);
    await owner.trust('key', 'generate', 'dev', '--dir', owner.config);
    await owner.trust('signer', 'add', '--key', `${owner.config}/dev.pub`, 'dev', gun);
    const dev = await owner.push('dev');

    // dev has signed targets/releases last, so the owner names the root.
    const pinned = { 'signing-key': id, 'trust-pin': await owner.rootKeyId() };
    const again = await signTag(repository, 'again', pinned);
    expectSuccess(again.result);
    await expectEachSigned(repository, { ours, theirs, dev, again: again.digest });
    expect(await signersOf(repository)).toEqual({
      ours: ['ci'],
      again: ['ci'],
      dev: ['dev'],
      theirs: ['Repo Admin'],
    });
    const listed = await stack.notaryList({ ref: gun, login: scenario.reader.login });
    expect(Object.fromEntries(listed.map((row) => [row.name, row.role]))).toEqual({
      ours: 'targets/releases',
      again: 'targets/releases',
      dev: 'targets/releases',
      theirs: 'targets',
    });
  });
});
