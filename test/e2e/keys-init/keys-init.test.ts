/** Repositories that get their keys from us, judged by stock clients; and keys that are rotated in the vault. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { uniqueName } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost } from '../product.js';
import { credentialsOf } from '../scenario.js';
import { setUp } from '../set-up.js';

const { stack, scenario, gunOf } = await setUp();
/** Makes keys and initialises; the pipeline is the scenario's signer, who may only use keys. */
const owner = await scenario.registry.principal('AcrPush', 'AcrImageSigner');
const rootVaultName = uniqueName('root');
const rootVault = await stack.azure.createVault({ name: rootVaultName });
for (const scope of [scenario.vault.id, rootVault.id]) {
  const role = 'Key Vault Crypto Officer';
  await stack.azure.assignRole({ principalId: owner.clientId, role, scope });
}

const init = (host: ProductHost, inputs: Readonly<Record<string, string>>, by = owner) =>
  scenario.run({ host, inputs: { command: 'keysInit', ...credentialsOf(by), ...inputs } });

const sign = (repository: string, tag: string, key: string) =>
  scenario.run({
    host: 'cli',
    inputs: { command: 'sign', repository, tags: tag, 'signing-key': key },
  });

/** The names of the keys in the vault of the pipelines. */
async function keyNames(): Promise<readonly string[]> {
  return stack.azure.keyNames(scenario.vault.name);
}

const nameOf = (url: string) => url.split('/').at(-1) ?? '';
const newRoot = () => `${rootVault.vaultUrl}/keys/${uniqueName('root')}`;

describe('keys init', () => {
  it('makes keys and initialises repositories, which a pipeline then signs with no more than sign', async () => {
    const repositories = [scenario.repository(), uniqueName('plain')];
    const inputs = {
      repository: repositories.join(', '),
      'root-key': newRoot(),
      vault: scenario.vault.url,
      hsm: 'true',
    };
    const first = await init('action', inputs);
    expectSuccess(first);
    const keys = first.outputs.keys?.split('\n') ?? [];
    expect(keys).toHaveLength(3);
    expect(first.outputs.repositories).toBe(repositories.map(gunOf).join('\n'));
    expect(first.output).toMatch(/Pin it wherever .*: trust-pin: [0-9a-f]{64}/);
    expect(first.summary).toContain('### ✅ Initialised repositories');
    const report = JSON.parse(await readFile(first.outputs['trust-report'] ?? '', 'utf8')) as {
      readonly rootKey: { readonly keyId: string; readonly reference: string };
    };
    const ofPlain = await stack.azure.keyOf(scenario.vault.name, repositories[1] ?? '');
    expect(ofPlain).toMatchObject({
      kty: 'EC-HSM',
      tags: {
        'acr-content-trust-role': 'targets',
        'acr-content-trust-gun': gunOf(repositories[1] ?? ''),
      },
    });

    for (const repository of repositories) {
      const digest = await pushUnsigned(scenario, repository, '1');
      const own = keys.find((key) => key.includes(`/keys/${repository.replaceAll('/', '-')}`));
      expectSuccess(await sign(repository, '1', own ?? ''));
      await expectSigned(scenario, repository, { tags: ['1'], digest });
    }
    const inspected = await stack.dockerTrustInspect({
      engine: 'docker26',
      ref: gunOf(repositories[0] ?? ''),
      login: scenario.reader.login,
    });
    const root = inspected?.AdministrativeKeys.find(({ Name }) => Name === 'Root');
    expect(root?.Keys).toHaveLength(1);

    const before = await Promise.all(repositories.map((one) => stateOf(scenario, one)));
    const again = await init('task', inputs);
    expectSuccess(again);
    expect(again.output).toContain('Nothing was changed.');
    expect(again.outputs.keys?.split('\n').sort()).toEqual([...keys].sort());
    expect(await Promise.all(repositories.map((one) => stateOf(scenario, one)))).toEqual(before);
    expect(again.output).toContain(report.rootKey.keyId);
  });

  it('makes nothing in a dry run, and nothing when it may not publish somewhere', async () => {
    const [repository, name] = [scenario.repository(), uniqueName('shared')];
    const before = await keyNames();
    const inputs = {
      repository,
      'root-key': newRoot(),
      'signing-key': `${scenario.vault.url}/keys/${name}`,
    };
    const dry = await init('cli', { ...inputs, 'dry-run': 'true' });
    expectSuccess(dry);
    expect(dry.output).toMatch(new RegExp(`${repository} +to be initialised +.*${name}`));
    const pusher = await scenario.registry.principal('AcrPush');
    const role = 'Key Vault Crypto Officer';
    const { id: scope } = scenario.vault;
    await stack.azure.assignRole({ principalId: pusher.clientId, role, scope });
    const refused = await init(
      'cli',
      { ...inputs, 'root-key': `${scenario.vault.url}/keys/r` },
      pusher,
    );
    expectFailure(refused, { code: 'SIGNER_NOT_AUTHORIZED', message: new RegExp(repository) });
    expect(await keyNames()).toEqual(before);
    expect(await stack.azure.keyNames(rootVaultName)).not.toContain(nameOf(inputs['root-key']));
  });

  it('goes on where it was broken off, with the keys it had made', async () => {
    const repository = scenario.repository();
    const inputs = { repository, 'root-key': newRoot(), vault: scenario.vault.url };
    await stack.failNext({
      target: `/${repository}/_trust/tuf/`,
      method: 'POST',
      failure: {
        kind: 'answer',
        status: 400,
        body: '{"errors":[{"code":"INVALID_UPDATE","message":"broken"}]}',
      },
    });
    const broken = await init('cli', inputs);
    expectFailure(broken, {
      code: 'TRUST_SERVER_REJECTED',
      message: new RegExp(repository),
      outputs: { keys: anyText, 'key-id': anyText, 'root-key-id': anyText, repositories: '' },
    });
    const keys = broken.outputs.keys ?? '';
    expect(keys.split('\n')).toHaveLength(2);
    const second = await init('cli', inputs);
    expectSuccess(second);
    expect(second.outputs.keys).toBe(keys);
    await pushUnsigned(scenario, repository, '1');
    expectSuccess(await sign(repository, '1', keys.split('\n')[1] ?? ''));
  });

  it('stops before it makes a key where a repository has other keys, or a deleted key has the name', async () => {
    const [initialised, fresh] = [scenario.repository(), scenario.repository()];
    const common = { 'root-key': newRoot(), vault: scenario.vault.url };
    expectSuccess(await init('cli', { ...common, repository: initialised }));
    const before = await keyNames();
    const other = await init('cli', {
      repository: `${initialised},${fresh}`,
      'root-key': newRoot(),
      'signing-key': `${scenario.vault.url}/keys/${uniqueName('none')}`,
    });
    expectFailure(other, {
      code: 'KEY_NOT_AUTHORIZED',
      message: /initialised with other keys: its root key is [0-9a-f]{64}, and .* does not exist/,
      remedy: /keys rotate/,
    });
    expect(await keyNames()).toEqual(before);

    const name = uniqueName('gone');
    await scenario.vault.key(name);
    await stack.azure.softDeleteKey(scenario.vault.name, name);
    const root = newRoot();
    const conflict = await init('cli', {
      repository: fresh,
      'root-key': root,
      'signing-key': `${scenario.vault.url}/keys/${name}`,
    });
    expectFailure(conflict, {
      code: 'KEY_CONFLICT',
      message: new RegExp(name),
      remedy: new RegExp(
        `az keyvault key recover --vault-name ${scenario.vault.name} --name ${name}`,
      ),
    });
    expect(await stack.azure.keyNames(rootVaultName)).not.toContain(nameOf(root));
    expect(await keyNames()).toEqual(before);
  });
});

describe('a signing key without a version, rotated in the vault', () => {
  it('is refused with the version that the repository lists, which still signs', async () => {
    const [repository, name] = [scenario.repository(), uniqueName('rotating')];
    const key = `${scenario.vault.url}/keys/${name}`;
    const inputs = { repository, 'root-key': newRoot(), 'signing-key': key };
    const made = await init('cli', inputs);
    expectSuccess(made);
    const listed = made.outputs.keys?.split('\n')[1] ?? '';
    const { kid } = await stack.azure.rotateKey(scenario.vault.name, name);
    await pushUnsigned(scenario, repository, '1');
    expectFailure(await sign(repository, '1', key), {
      code: 'KEY_NOT_AUTHORIZED',
      message: new RegExp(`newest version of ${key}, ${nameOf(kid)}`),
      remedy: new RegExp(`signing-key: ${listed}`),
    });
    expectSuccess(await sign(repository, '1', listed));
    // Nor does another run of keys init take the newest for the repository's own.
    const again = await init('cli', inputs);
    expectSuccess(again);
    expect(again.output).toContain(`lists ${listed}, not the newest version ${kid}`);
    expect(again.output).toContain('Nothing was changed.');
    expect(again.outputs.keys?.split('\n')[1]).toBe(listed);
  });
});

describe('a root key without a version, rotated in the vault', () => {
  it('is recorded and advised as a pin in the version that has signed the root', async () => {
    const [repository, name, rootName] = [
      scenario.repository(),
      uniqueName('unrecorded'),
      uniqueName('root'),
    ];
    const inputs = {
      repository,
      'root-key': `${rootVault.vaultUrl}/keys/${rootName}`,
      'signing-key': `${scenario.vault.url}/keys/${name}`,
    };
    expectSuccess(await init('cli', inputs));
    const key = await stack.azure.keyOf(scenario.vault.name, name);
    const listed = key.tags['acr-content-trust-root'] ?? 'no record';
    // As a repository of before there were records.
    await stack.azure.setKeyAttributes({ vault: scenario.vault.name, name, tags: {} });
    await stack.azure.rotateKey(rootVaultName, rootName);
    const again = await init('cli', inputs);
    expectSuccess(again);
    const recorded = await stack.azure.keyOf(scenario.vault.name, name);
    expect(recorded.tags).toEqual({ 'acr-content-trust-root': listed });
    expect(again.output).toContain(`trust-pin: ${listed}`);
    await pushUnsigned(scenario, repository, '1');
    expectSuccess(await sign(repository, '1', inputs['signing-key']));
  });
});
