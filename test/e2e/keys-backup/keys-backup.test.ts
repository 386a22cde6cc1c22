/** Keys that are backed up, lost and restored: what they sign afterwards, stock clients accept. */
import { appendFile, readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { uniqueName, type Principal } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';

const { stack, scenario } = await setUp();
/** May back up and restore; the pipeline is the scenario's signer, who may only use keys. */
const owner = await stack.azure.createServicePrincipal();
await mayKeep(owner, scenario.vault.id);

async function mayKeep({ clientId }: Pick<Principal, 'clientId'>, scope: string): Promise<void> {
  const officers = ['Crypto Officer', 'Secrets Officer', 'Certificates Officer'];
  for (const role of officers.map((name) => `Key Vault ${name}`)) {
    await stack.azure.assignRole({ principalId: clientId, role, scope });
  }
}

type Keeper = Parameters<typeof credentialsOf>[0];

const run = (host: ProductHost, inputs: Readonly<Record<string, string>>, by: Keeper = owner) =>
  scenario.run({ host, inputs: { registry: undefined, ...credentialsOf(by), ...inputs } });

const newFolder = () => path.join(stack.info.folder, uniqueName('backup'));
const nameOf = (url: string) => url.split('/')[4] ?? '';
const mode = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

/** A vault of its own for one test. */
async function newVault() {
  const name = uniqueName('vault');
  const { vaultUrl, id } = await stack.azure.createVault({ name });
  await mayKeep(owner, id);
  return { name, url: vaultUrl.replace(/\/$/, ''), id };
}

describe('a backup of keys', () => {
  it('brings purged keys back, which sign as before', async () => {
    const { vault } = scenario;
    const repository = scenario.repository();
    const certificate = uniqueName('certificate');
    const { kid: signingKey } = await stack.azure.createKey({
      vault: vault.name,
      name: uniqueName('app'),
      kty: 'EC',
    });
    await stack.azure.createCertificate({ vault: vault.name, name: certificate });
    const secret = await vault.secretKey();
    const common = { repository, 'signing-key': signingKey, 'root-key': secret };
    await pushUnsigned(scenario, repository, '1');
    const sign = (tag: string) =>
      scenario.run({ host: 'cli', inputs: { command: 'sign', ...common, tags: tag } });
    expectSuccess(await sign('1'));

    const digest = await pushUnsigned(scenario, repository, '2');

    const archive = newFolder();
    const backup = { command: 'keysBackup', keys: `${vault.url}, ${secret}`, archive };
    const first = await run('task', backup);
    expectSuccess(first);
    expect(first.outputs.archive).toBe(archive);
    expect(first.summary).toContain('### ✅ Keys backed up');
    expect(await mode(archive)).toBe('700');
    const files = await readdir(archive);
    for (const file of files) expect(await mode(path.join(archive, file))).toBe('600');
    const text = await readFile(path.join(archive, 'manifest.json'), 'utf8');
    expect(text).toContain(`"id": "${signingKey}"`);
    expect(text).toMatch(new RegExp(`"kind": "certificate",\\s+"name": "${certificate}"`));
    const again = await run('cli', backup);
    expectSuccess(again);
    expect(again.output).toContain('Nothing was changed.');
    expect(await readdir(archive)).toEqual(files);

    const restore = { command: 'keysRestore', archive, vault: vault.url };
    await stack.azure.softDeleteKey(vault.name, nameOf(signingKey));
    const deleted = await run('cli', restore);
    expectFailure(deleted, {
      code: 'KEY_CONFLICT',
      message: /was deleted, and can still be recovered/,
      outputs: { keys: anyText },
      remedy: new RegExp(`az keyvault key recover --vault-name ${vault.name}`),
    });
    await stack.azure.purgeKey(vault.name, nameOf(signingKey));
    await stack.azure.softDeleteSecret(vault.name, nameOf(secret));
    await stack.azure.purgeSecret(vault.name, nameOf(secret));
    await stack.azure.softDeleteCertificate(vault.name, certificate);
    await stack.azure.purgeCertificate(vault.name, certificate);
    expectFailure(await sign('2'), {
      code: 'KEY_NOT_FOUND',
      message: new RegExp(nameOf(signingKey)),
    });

    const restored = await run('action', restore);
    expectSuccess(restored);
    expect(restored.outputs.keys).toContain(signingKey);
    expect(restored.output).toMatch(new RegExp(`${nameOf(signingKey)} +restored +yes`));
    expect(restored.output).toMatch(new RegExp(`${certificate} +restored +yes`));
    expect(restored.output).toMatch(new RegExp(`${nameOf(secret)} +restored +yes`));
    expectSuccess(await sign('2'));
    await expectSigned(scenario, repository, { tags: ['2'], digest });
    const twice = await run('cli', restore);
    expectSuccess(twice);
    expect(twice.output).toContain('Nothing was changed.');
  });

  it('goes to another vault, but never over another key there, and says where Azure lets it', async () => {
    const [from, to] = [await newVault(), await newVault()];
    const key = { name: 'app', kty: 'EC' } as const;
    await stack.azure.createKey({ vault: from.name, ...key });
    await stack.azure.createKey({ vault: from.name, ...key, name: 'db' });
    await stack.azure.createKey({ vault: to.name, ...key });
    const archive = newFolder();
    expectSuccess(await run('cli', { command: 'keysBackup', keys: from.url, archive }));
    const restore = { command: 'keysRestore', archive, vault: to.url };
    const result = await run('cli', restore);
    expectFailure(result, {
      code: 'KEY_CONFLICT',
      message: /keys\/app holds another key/,
      outputs: {
        keys: expect.stringMatching(new RegExp(`^${to.url}/keys/db/[0-9a-f]{32}$`)) as string,
      },
    });
    expect(result.output).toMatch(/db +restored +yes/);

    await stack.azure.softDeleteKey(to.name, 'db');
    await stack.azure.purgeKey(to.name, 'db');
    await stack.azure.softDeleteKey(to.name, 'app');
    await stack.azure.purgeKey(to.name, 'app');
    await stack.azure.failNext({
      target: `${to.name}.*/keys/restore`,
      method: 'POST',
      status: 400,
      body: { error: { code: 'BadParameter', message: 'The backup is of another geography.' } },
      times: 2,
    });
    const elsewhere = await run('cli', restore);
    expectFailure(elsewhere, {
      code: 'VAULT_FAILED',
      message: /could not restore/,
      outputs: { keys: '' },
      remedy: /same subscription and the same geography/,
    });
  });

  it('is not restored when it was changed, nor put over a backup that has more', async () => {
    const vault = await newVault();
    await stack.azure.createKey({ vault: vault.name, name: 'app', kty: 'EC' });
    await stack.azure.createKey({ vault: vault.name, name: 'db', kty: 'EC' });
    const archive = newFolder();
    const backup = { command: 'keysBackup', keys: vault.url, archive };
    expectSuccess(await run('cli', backup));
    const less = await run('cli', { ...backup, keys: `${vault.url}/keys/app` });
    expectFailure(less, {
      code: 'ARCHIVE_INVALID',
      message: /has more than the new one would: key db/,
    });
    const others = await run('cli', { ...backup, archive: stack.info.folder });
    expectFailure(others, { code: 'ARCHIVE_INVALID', message: /holds other files/ });

    await stack.azure.rotateKey(vault.name, 'app');
    const newer = await run('cli', backup);
    expectSuccess(newer);
    const files = await readdir(archive);
    expect(files).toHaveLength(3);
    await appendFile(path.join(archive, files.find((one) => one.includes('app')) ?? ''), 'x');
    const damaged = await run('cli', { command: 'keysRestore', archive, vault: vault.url });
    expectFailure(damaged, { code: 'ARCHIVE_INVALID', message: /it was changed or damaged/ });
  });

  it('needs the right to back up and to restore, which the errors name', async () => {
    const vault = await newVault();
    await stack.azure.createKey({ vault: vault.name, name: 'app', kty: 'EC' });
    const [user, archive] = [scenario.signer, newFolder()];
    const backup = { command: 'keysBackup', keys: vault.url, archive };
    expectFailure(await run('cli', backup, user), {
      code: 'VAULT_FORBIDDEN',
      message: /forbids listing/,
      remedy: /--role "Key Vault Crypto User"/,
    });
    const role = 'Key Vault Crypto User';
    await stack.azure.assignRole({ principalId: user.clientId, role, scope: vault.id });
    expectSuccess(await run('cli', backup, user));
    await stack.azure.softDeleteKey(vault.name, 'app');
    await stack.azure.purgeKey(vault.name, 'app');
    const restore = { command: 'keysRestore', archive, vault: vault.url };
    expectFailure(await run('cli', restore, user), {
      code: 'VAULT_FORBIDDEN',
      message: /forbids restoring/,
      outputs: { keys: '' },
      remedy: /--role "Key Vault Crypto Officer"/,
    });
  });
});
