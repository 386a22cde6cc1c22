/**
 * The keys of a repository that Docker made, taken over into Key Vault and brought out again; stock
 * clients judge what is signed with them on either side.
 */
import { mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run, uniqueName, type Principal } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import {
  createDockerOwner,
  createNotaryOwner,
  passphrases,
  type DockerOwner,
} from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';

const { stack, scenario } = await setUp();
/** Brings keys in and out; may not sign anything in the registry. */
let keeper: Principal;
let docker: DockerOwner;
let repository: string;
let gun: string;
let archive: string;
let rootVault: string;
let rootVaultName: string;
/** The keys that a test stored as secrets. */
let secrets: readonly string[];

beforeAll(async () => {
  const { registry, vault } = scenario;
  keeper = await registry.principal('AcrPull');
  rootVaultName = uniqueName('root');
  const made = await stack.azure.createVault({ name: rootVaultName });
  rootVault = made.vaultUrl.replace(/\/$/, '');
  for (const scope of [vault.id, made.id]) {
    for (const role of ['Key Vault Crypto Officer', 'Key Vault Secrets Officer']) {
      await stack.azure.assignRole({ principalId: keeper.clientId, role, scope });
    }
  }
  repository = scenario.repository();
  gun = `${registry.loginServer}/${repository}`;
  docker = await createDockerOwner(scenario, repository);
  await docker.push('by-docker');
  await docker.trust('key', 'generate', 'alice', '--dir', docker.config);
  await docker.trust('signer', 'add', '--key', `${docker.config}/alice.pub`, 'alice', gun);
  // As Docker's documentation has people back their keys up.
  archive = path.join(docker.config, 'private_keys_backup.tar.gz');
  const folder = path.join(docker.config, 'trust/private');
  const tar = await run('/bin/sh', ['-c', `umask 077; tar -zcf "${archive}" "${folder}"`], {
    env: { PATH: '/usr/bin:/bin' },
  });
  expect(tar.exitCode, tar.output).toBe(0);
});

const bring = (
  host: ProductHost,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
) =>
  scenario.run({
    host,
    inputs: {
      command: 'keysImport',
      ...credentialsOf(keeper),
      archive,
      vault: scenario.vault.url,
      'root-vault': rootVault,
      ...inputs,
    },
    env,
  });

const secretsOfKeys = {
  'root-key-passphrase': passphrases.root,
  'signing-key-passphrase': passphrases.other,
};

/** Has the pipeline, which may use the keys and no more, sign a new image. */
async function signs(host: ProductHost, tag: string, key: string): Promise<void> {
  const digest = await pushUnsigned(scenario, repository, tag);
  const inputs = { command: 'sign', repository, tags: tag, 'signing-key': key };
  expectSuccess(await scenario.run({ host, inputs }));
  await expectSigned(scenario, repository, { tags: [tag], digest });
}

/** The URL that the log gives for an input, for the roles that it is to sign. */
const advised = (output: string, input: string, signs = '') =>
  new RegExp(`${input}: (https://\\S+)${signs === '' ? '' : `  \\(signs ${signs}\\)`}`).exec(
    output,
  )?.[1] ?? '';

describe('keys import', () => {
  it("takes Docker's folder over, and the pipeline signs the same repository with the same keys", async () => {
    const folder = path.join(docker.config, 'trust');
    const before = await readdir(path.join(folder, 'private'));
    const result = await bring(
      'cli',
      { archive: folder },
      {
        DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrases.root,
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrases.other,
      },
    );
    expectSuccess(result);
    const keys = result.outputs.keys?.split('\n') ?? [];
    expect(keys).toHaveLength(3);
    expect(keys.filter((key) => key.startsWith(rootVault))).toHaveLength(1);
    expect(result.outputs.repositories).toBe(gun);
    expect(result.output).toContain('may be destroyed');
    const ofAlice = advised(result.output, 'signing-key', 'targets/alice, targets/releases');
    const ofOwner = advised(result.output, 'signing-key', 'targets');
    expect(keys).toEqual(expect.arrayContaining([ofAlice, ofOwner]));
    expect(advised(result.output, 'root-key')).toMatch(`${rootVault}/keys/root-`);
    const report = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly keys: readonly { readonly signs: string; readonly files: readonly string[] }[];
    };
    expect(report.keys.map(({ signs }) => signs)).toEqual(['proven', 'proven', 'proven']);
    expect(
      report.keys.flatMap(({ files }) => files.map((file) => path.basename(file))).sort(),
    ).toEqual(before.sort());
    const [name = ''] = /[^/]+-targets-[0-9a-f]{8}/.exec(ofOwner) ?? [];
    expect(await stack.azure.keyOf(scenario.vault.name, name)).toMatchObject({
      kty: 'EC',
      tags: { 'acr-content-trust-role': 'targets', 'acr-content-trust-gun': gun },
    });

    await rm(path.join(folder, 'private'), { recursive: true });
    await signs('task', 'by-alice', ofAlice);
    await signs('action', 'by-owner', ofOwner);
  });

  it('finds the keys of an archive in their vaults already', async () => {
    const names = async () => [
      await stack.azure.keyNames(scenario.vault.name),
      await stack.azure.keyNames(rootVaultName),
    ];
    const before = await names();
    const result = await bring('action', secretsOfKeys);
    expectSuccess(result);
    expect(await names()).toEqual(before);
    expect(result.summary).toContain('### ✅ Imported keys');
    expect(result.summary.match(/✅ already there/g)).toHaveLength(3);
  });

  it('brings in what it can open, and fails for the rest', async () => {
    const result = await bring('task', {
      'signing-key-passphrase': passphrases.other,
      'root-key-passphrase': 'not the passphrase',
      'store-as': 'secret',
      registry: scenario.registry.loginServer,
      repository,
    });
    expectFailure(result, {
      code: 'KEY_PASSPHRASE_WRONG',
      message:
        /1 of 3 keys were not imported\. .*\.key: No passphrase of this run opens the root key/,
      remedy: /rootKeyPassphrase/,
      outputs: { keys: anyText, repositories: anyText },
    });
    const keys = result.outputs.keys?.split('\n') ?? [];
    expect(keys).toHaveLength(2);
    const shown = result.output.split('\n').filter((line) => !line.includes('setsecret'));
    expect(shown.join('\n')).not.toContain(passphrases.other);
    secrets = keys;
    await signs(
      'cli',
      'by-secret',
      keys.find((key) => key.includes('/secrets/signer-alice-')) ?? '',
    );
  });

  it("knows the keys of notary, and keeps the snapshot's until the server has the role", async () => {
    const other = scenario.repository();
    const name = `${scenario.registry.loginServer}/${other}`;
    const { notary, trustDir } = await createNotaryOwner(scenario, other);
    await notary('init', name, '--publish');
    const result = await bring(
      'cli',
      { archive: trustDir, 'dry-run': 'true' },
      {
        NOTARY_ROOT_PASSPHRASE: passphrases.root,
        NOTARY_TARGETS_PASSPHRASE: passphrases.other,
        NOTARY_SNAPSHOT_PASSPHRASE: passphrases.other,
      },
    );
    expectSuccess(result);
    expect(result.outputs.repositories).toBe(name);
    const report = JSON.parse(await readFile(result.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly keys: readonly { readonly role: string; readonly state: string }[];
      readonly repositories: readonly { readonly notes: readonly string[] }[];
    };
    expect(Object.fromEntries(report.keys.map(({ role, state }) => [role, state]))).toEqual({
      root: 'to be imported',
      targets: 'to be imported',
      snapshot: 'left out',
    });
    expect(report.repositories[0]?.notes).toEqual([
      expect.stringMatching(/Hand the role to the server with "keys rotate"/),
    ]);
  });
});

describe('keys export', () => {
  const bringOut = (host: ProductHost, inputs: Readonly<Record<string, string>>) =>
    scenario.run({
      host,
      inputs: {
        command: 'keysExport',
        ...credentialsOf(keeper),
        'archive-passphrase': passphrases.other,
        ...inputs,
      },
    });

  it('writes an archive with which a stock Docker signs', async () => {
    const exported = path.join(docker.config, 'exported.tar.gz');
    const result = await bringOut('task', {
      keys: secrets.join('\n'),
      archive: exported,
      repository,
    });
    expectSuccess(result);
    expect(result.outputs.archive).toBe(exported);
    expect((await stat(exported)).mode & 0o777).toBe(0o600);
    const trustDir = path.join(docker.config, 'elsewhere');
    await mkdir(trustDir);
    const tar = await run('tar', ['-xzf', exported, '-C', trustDir], {
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(tar.exitCode, tar.output).toBe(0);
    const text = await readFile(path.join(trustDir, 'private', `${await idOfAlice()}.key`), 'utf8');
    expect(text).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\nrole: alice\n\n/);

    const other = await createDockerOwner(scenario, repository, trustDir);
    const digest = await other.push('by-docker-again');
    await expectSigned(scenario, repository, { tags: ['by-docker-again'], digest });
    const again = await bringOut('action', { keys: secrets[0] ?? '', archive: exported });
    expectFailure(again, { code: 'FILE_NOT_WRITTEN', message: /a file of this name exists/ });
  });

  it('says that a Key Vault key does not come out, before anything else', async () => {
    const exported = path.join(docker.config, 'never.tar.gz');
    const result = await bringOut('cli', { keys: await scenario.vault.key(), archive: exported });
    expectFailure(result, {
      code: 'KEY_NOT_EXPORTABLE',
      message: /its private key never leaves the vault/,
      remedy: /keys backup/,
    });
    await expect(stat(exported)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  async function idOfAlice(): Promise<string> {
    const { login } = scenario.reader;
    const inspected = await stack.dockerTrustInspect({ engine: 'docker20', ref: gun, login });
    return inspected?.Signers.find(({ Name }) => Name === 'alice')?.Keys[0]?.ID ?? '';
  }
});
