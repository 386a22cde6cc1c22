/**
 * The whole life of a repository's keys, told in one go: made by the Docker CLI, taken over, rotated,
 * expired, renewed, lost, restored, promoted. After each step the stock Docker CLI, with an empty
 * configuration and with everything it remembers, agrees with us.
 */
import { generateKeyPairSync } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, type Principal } from '../../stack/index.js';
import { anyText, expectFailure, expectSuccess } from '../expectations.js';
import { createDockerOwner, passphrases, type DockerOwner } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import { expireRoles } from '../short-lived.js';
import { setUp } from '../set-up.js';
import { createJudges, runnerFor, type Judges, type Runner, type Signed } from './story.js';

const { stack, scenario } = await setUp();
let judges: Judges;
let docker: DockerOwner;
let asOwner: Runner;
let asPipeline: Runner;
let owner: Principal;
let vaultUrl = '';
let rootVaultUrl = '';
let repository = '';
let gun = '';
let folder = '';

/** What the repository has signed so far, and the keys in force. */
const signed: Record<string, string> = {};
const keys = { root: '', targets: '', ci: '' };

beforeAll(async () => {
  const { registry, vault } = scenario;
  owner = await registry.principal('AcrPush', 'AcrImageSigner');
  const rootVault = await stack.azure.createVault({ name: uniqueName('root') });
  rootVaultUrl = rootVault.vaultUrl.replace(/\/$/, '');
  vaultUrl = vault.url;
  for (const scope of [vault.id, rootVault.id]) {
    const role = 'Key Vault Crypto Officer';
    await stack.azure.assignRole({ principalId: owner.clientId, role, scope });
  }
  judges = await createJudges(scenario);
  asOwner = runnerFor(stack, owner);
  asPipeline = runnerFor(stack, scenario.signer);
  repository = scenario.repository();
  gun = `${registry.loginServer}/${repository}`;
  docker = await createDockerOwner(scenario, repository);
  folder = docker.config;
});

const here = () => ({ registry: scenario.registry.loginServer, repository });

/** Has the pipeline sign a new image, and everybody look at it. */
async function signs(tag: string, key: string): Promise<void> {
  const digest = await pushUnsigned(scenario, repository, tag);
  const result = await asPipeline('task', {
    command: 'sign',
    ...here(),
    tags: tag,
    'signing-key': key,
  });
  expectSuccess(result);
  expect(result.outputs['signed-tags']).toBe(tag);
  signed[tag] = digest;
  await judges.agree(gun, newest());
}

/** The oldest and the newest tag: what must survive, and what was just done. */
function newest(): Signed {
  const tags = Object.entries(signed);
  return Object.fromEntries([...tags.slice(0, 1), ...tags.slice(-1)]);
}

describe('the life of a repository', () => {
  it('begins with Docker, whose keys are on the agent', async () => {
    signed['1'] = await docker.push('1');
    await judges.agree(gun, signed);
  });

  it('goes on with the same keys in Key Vault', async () => {
    const result = await asOwner('cli', {
      command: 'keys import',
      ...here(),
      archive: path.join(docker.config, 'trust/private'),
      vault: vaultUrl,
      'root-vault': rootVaultUrl,
      'root-key-passphrase': passphrases.root,
      'signing-key-passphrase': passphrases.other,
    });
    expectSuccess(result);
    const urls = result.outputs.keys?.split('\n') ?? [];
    keys.root = urls.find((url) => url.startsWith(rootVaultUrl)) ?? '';
    keys.targets = urls.find((url) => url.startsWith(vaultUrl)) ?? '';
    expect(urls).toHaveLength(2);
    await rm(path.join(docker.config, 'trust/private'), { recursive: true });
    await signs('2', keys.targets);
  });

  it('gets a signer of its own for the pipeline', async () => {
    keys.ci = await scenario.vault.key();
    const added = await asOwner('action', {
      command: 'signersAdd',
      ...here(),
      signer: 'ci',
      'signer-key': keys.ci,
      'signing-key': keys.targets,
      'trust-pin': keys.root,
    });
    expectSuccess(added);
    await signs('3', keys.ci);
    const inspected = await stack.dockerTrustInspect({
      engine: 'docker20',
      ref: gun,
      login: scenario.reader.login,
    });
    expect(inspected?.Signers.map(({ Name }) => Name)).toEqual(['ci']);
    expect(inspected?.SignedTags.find(({ SignedTag }) => SignedTag === '3')?.Signers).toEqual([
      'ci',
    ]);
  });

  it('gets a new repository key', async () => {
    const name = uniqueName('targets');
    const before = keys.targets;
    const { kid } = await stack.azure.importKey({
      vault: scenario.vault.name,
      name,
      pem: targetsPem,
    });
    const rotated = await asOwner('task', {
      command: 'keysRotate',
      ...here(),
      role: 'targets',
      'new-key': kid,
      'root-key': keys.root,
    });
    expectSuccess(rotated);
    keys.targets = kid;
    await judges.agree(gun, newest());
    await signs('4', keys.ci);
    expectFailure(
      await asPipeline('cli', { command: 'sign', ...here(), tags: '4', 'signing-key': before }),
      { code: 'KEY_NOT_AUTHORIZED', message: /may not sign the tag 4/ },
    );
  });

  it('gets a new root key, and old clients follow', async () => {
    const name = uniqueName('root');
    const rotated = await asOwner('action', {
      command: 'keysRotate',
      ...here(),
      role: 'root',
      'new-key': `${rootVaultUrl}/keys/${name}`,
      'create-key': 'true',
      'root-key': keys.root,
      // Their records name the old root key.
      keys: vaultUrl,
      'trust-pin': keys.root,
    });
    expectSuccess(rotated);
    keys.root = rotated.outputs.keys ?? '';
    expect(keys.root).toMatch(new RegExp(`^${rootVaultUrl}/keys/${name}/[0-9a-f]{32}$`));
    await judges.agree(gun, newest());
    await signs('5', keys.ci);
  });

  it('expires, and is renewed with nothing else changed', async () => {
    await expireRoles(stack, gun, owner.login, { targets: targetsPem });
    await judges.refuse(gun, '5', /targets expired at/);
    const status = await asOwner('task', {
      command: 'keysStatus',
      ...here(),
      keys: `${vaultUrl}\n${rootVaultUrl}`,
    });
    expectFailure(status, {
      code: 'TRUST_DATA_EXPIRED',
      message: /targets/,
      outputs: { 'first-expiry': anyText },
    });
    const renewed = await asOwner('action', {
      command: 'keysRenew',
      ...here(),
      keys: `${vaultUrl}\n${rootVaultUrl}`,
      'trust-pin': keys.root,
    });
    expectSuccess(renewed);
    expect(renewed.outputs['renewed-roles']).toBe(`${gun} targets`);
    await judges.agree(gun, signed);
  });

  it('survives the loss of its keys', async () => {
    const archive = path.join(folder, 'backup');
    expectSuccess(await asOwner('cli', { command: 'keysBackup', keys: vaultUrl, archive }));
    const name = /\/keys\/([^/]+)/.exec(keys.ci)?.[1] ?? '';
    await stack.azure.softDeleteKey(scenario.vault.name, name);
    await stack.azure.purgeKey(scenario.vault.name, name);
    expectFailure(
      await asPipeline('cli', { command: 'sign', ...here(), tags: '5', 'signing-key': keys.ci }),
      { code: 'KEY_NOT_FOUND', message: new RegExp(name) },
    );
    expectSuccess(await asOwner('cli', { command: 'keysRestore', archive, vault: vaultUrl }));
    await signs('6', keys.ci);
  });

  it('parts with its signer, and keeps what it signed', async () => {
    const qa = await scenario.vault.key();
    const common = { ...here(), 'signing-key': keys.targets, 'trust-pin': keys.root };
    const add = { command: 'signersAdd', ...common, signer: 'qa', 'signer-key': qa };
    expectSuccess(await asOwner('cli', add));
    const removed = await asOwner('task', {
      command: 'signersRemove',
      ...common,
      signer: 'ci',
      keys: qa,
    });
    expectSuccess(removed);
    await judges.agree(gun, { '1': signed['1'] ?? '', '6': signed['6'] ?? '' });
    expectFailure(
      await asPipeline('cli', { command: 'sign', ...here(), tags: '6', 'signing-key': keys.ci }),
      { code: 'KEY_NOT_AUTHORIZED', message: /may not sign the tag 6/ },
    );
    keys.ci = qa;
    await signs('7', keys.ci);
  });

  it('ends in production, promoted and signed there', async () => {
    const target = scenario.repository();
    const promoted = await asOwner('action', {
      command: 'promote',
      source: `${gun}:7`,
      'source-trust-pin': keys.root,
      registry: scenario.registry.loginServer,
      repository: target,
      'signing-key': await scenario.vault.key(),
      'root-key': keys.root,
    });
    expectSuccess(promoted);
    expect(promoted.outputs.digest).toBe(signed['7']);
    const production = `${scenario.registry.loginServer}/${target}`;
    await judges.agree(production, { '7': signed['7'] ?? '' });
    await judges.agree(gun, newest());
  });
});

const targetsPem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
