/** Keys that are replaced, judged by stock clients that know the old root and by ones that know nothing. */
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, type Principal } from '../../stack/index.js';
import { anyText, expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { issueRoot } from '../main-job/root-certificates.js';
import { createNotaryOwner, passphrases } from '../main-job/stock-owners.js';
import { pushUnsigned } from '../main-job/unsigned-tag.js';
import type { ProductHost, ProductResult } from '../product.js';
import { credentialsOf, newPrivateKey } from '../scenario.js';
import { makeKeys, setUp, type Keys } from '../set-up.js';
import { expireRoles } from '../short-lived.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const { registry, vault, reader } = scenario;
/** May make keys; the pipelines' principal may only use them. */
let owner: Principal;
/** DOCKER_CONFIG of a client that read the repositories before their keys changed. */
let returningClient: string;

beforeAll(async () => {
  owner = await registry.principal('AcrPush', 'AcrImageSigner');
  const role = 'Key Vault Crypto Officer';
  await stack.azure.assignRole({ principalId: owner.clientId, role, scope: vault.id });
  returningClient = await stack.makeDockerConfig({
    logins: { [registry.loginServer]: reader.login },
  });
});

type Inputs = Readonly<Record<string, string>>;

const run = (host: ProductHost, inputs: Inputs): Promise<ProductResult> =>
  scenario.run({ host, inputs });

/** Pushes a tag, and has the product sign it. */
async function sign(repository: string, tag: string, inputs: Inputs) {
  const digest = await pushUnsigned(scenario, repository, tag);
  const command = { command: 'sign', repository, tags: tag };
  return { digest, result: await run('cli', { ...command, ...inputs }) };
}

/** A repository with a tag `1`, which the returning client has pulled. */
async function signedRepository(keys: Keys) {
  const repository = scenario.repository();
  const { digest, result } = await sign(repository, '1', { ...keys });
  expectSuccess(result);
  await expectPulled(repository, '1', digest);
  return { repository, digest };
}

/** Pulls as the returning client. */
async function expectPulled(repository: string, tag: string, digest: string): Promise<void> {
  const ref = `${gunOf(repository)}:${tag}`;
  await stack.docker({ engine: 'docker26', args: ['image', 'rm', '--force', ref] });
  const options = { engine: 'docker26', config: returningClient, trust: true } as const;
  const pulled = await stack.docker({ ...options, args: ['pull', ref] });
  expect(pulled.exitCode, pulled.output).toBe(0);
  expect(pulled.output).toContain(digest);
}

/** By fresh clients with an empty configuration, by notary, and by the returning client. */
async function expectEverybodySees(repository: string, tag: string, digest: string): Promise<void> {
  await expectSigned(scenario, repository, { tags: [tag], digest });
  await expectPulled(repository, tag, digest);
}

const keyIdsOf = async (repository: string, name: 'Root' | 'Repository') => {
  const ref = gunOf(repository);
  const seen = await stack.dockerTrustInspect({ engine: 'docker20', ref, login: reader.login });
  const found = seen?.AdministrativeKeys.find((keys) => keys.Name === name);
  return found?.Keys.map(({ ID }) => ID) ?? [];
};

describe('keys rotate', () => {
  it('replaces root and repository key of repositories, and whoever knew the old ones follows', async () => {
    const keys = await makeKeys(scenario);
    const [one, two] = [await signedRepository(keys), await signedRepository(keys)];
    const all = { repository: `${one.repository},${two.repository}` };
    const states = async () => [
      await stateOf(scenario, one.repository),
      await stateOf(scenario, two.repository),
    ];
    const name = uniqueName('root');
    const newRoot = `${vault.url}/keys/${name}`;
    const rotateRoot = { ...all, role: 'root', 'root-key': keys['root-key'], 'new-key': newRoot };
    const byOwner = { ...rotateRoot, ...credentialsOf(owner), 'create-key': 'true' };
    const [oldRoot = ''] = await keyIdsOf(one.repository, 'Root');

    const before = await states();
    const dry = await run('cli', { ...byOwner, command: 'keysRotate', 'dry-run': 'true' });
    expectSuccess(dry);
    expect(dry.output).toMatch(/to be rotated .* to be made .* root: Key Vault key .* the new key/);
    expect(await states()).toEqual(before);
    expect(await stack.azure.keyNames(vault.name)).not.toContain(name);

    const mark = await stack.requestMark();
    const rotated = await scenario.run({
      host: 'action',
      actionFolder: 'actions/keys',
      inputs: { ...byOwner, command: 'rotate' },
    });
    expectSuccess(rotated);
    expect(await publishesSince(mark, one.repository)).toHaveLength(1);
    expect(rotated.outputs.repositories).toBe(`${gunOf(one.repository)}\n${gunOf(two.repository)}`);
    expect(rotated.outputs.keys).toMatch(new RegExp(`^${newRoot}/[0-9a-f]{32}$`));
    const pin = rotated.outputs['key-id'] ?? '';
    expect(rotated.output).toContain(`trust-pin: ${pin}`);
    await expectEverybodySees(one.repository, '1', one.digest);
    await expectPulled(two.repository, '1', two.digest);
    expect(await keyIdsOf(one.repository, 'Root')).not.toContain(oldRoot);

    const pinned = await sign(one.repository, '2', { ...keys, 'trust-pin': oldRoot });
    expectFailure(pinned.result, { code: 'TRUST_PIN_MISMATCH', message: /is not the pinned one/ });
    const signed = await sign(one.repository, '2', { ...keys, 'trust-pin': pin });
    expectSuccess(signed.result);
    await expectPulled(one.repository, '2', signed.digest);

    // Not to be made again: the newest version is the one that they have.
    const rotatedTo = { ...rotateRoot, 'trust-pin': oldRoot };
    const steady = await states();
    const again = await run('task', { ...rotatedTo, command: 'keysRotate' });
    expectSuccess(again);
    expect(again.output).toContain('Nothing was changed.');
    expect(again.output).toMatch(/root of .* has the key .* already, with a certificate until/);
    expect(await states()).toEqual(steady);

    const newKey = await vault.key();
    const rotateTargets = { ...all, command: 'keysRotate', role: 'targets', 'new-key': newKey };
    const refused = await run('task', { ...rotateTargets, 'root-key': keys['root-key'] });
    expectFailure(refused, {
      code: 'KEY_NOT_AUTHORIZED',
      message: /each cannot be changed; nothing was changed anywhere/,
      remedy: /Ask the owner of the keys to run this, with a key of root as well/,
    });
    expect(await states()).toEqual(steady);
    // What one repository fails with keeps no other from being done; a second run does the rest.
    const failure = { kind: 'answer', status: 400, body: '{"errors":[{"code":"X"}]}' } as const;
    await stack.failNext({ target: `/${two.repository}/_trust/tuf/$`, method: 'POST', failure });
    const half = await run('cli', { ...rotateTargets, 'root-key': newRoot });
    expectFailure(half, {
      code: 'TRUST_SERVER_REJECTED',
      message: new RegExp(`1 of 2 repositories: each was not rotated. ${gunOf(two.repository)}: `),
      outputs: { repositories: gunOf(one.repository), 'key-id': anyText, keys: anyText },
    });
    const targets = await run('task', { ...rotateTargets, 'root-key': newRoot });
    expectSuccess(targets);
    expect(targets.output).toContain(`targets of ${gunOf(one.repository)} has the key`);
    expect(targets.output).toContain(`signingKey: ${newKey}`);
    expect(targets.summary).toContain('### ✅ Rotated key of `targets`');
    const old = await sign(one.repository, '3', { ...keys });
    expectFailure(old.result, { code: 'KEY_NOT_AUTHORIZED', message: /may not sign the tag 3/ });
    const fresh = await sign(one.repository, '3', { 'signing-key': newKey, 'trust-pin': pin });
    expectSuccess(fresh.result);
    await expectEverybodySees(one.repository, '3', fresh.digest);
    await expectPulled(two.repository, '1', two.digest);
  });

  it('gives the server the snapshot of a repository that notary made, and its root key a new certificate', async () => {
    const repository = scenario.repository();
    const gun = gunOf(repository);
    const { notary, trustDir } = await createNotaryOwner(scenario, repository);
    const root = await issueRoot(stack, gun, passphrases.root, 100);
    await notary('init', gun, '--rootkey', root.keyFile, '--rootcert', root.certificateFile);
    await notary('publish', gun);
    const folder = path.join(trustDir, 'private');
    const files = (await readdir(folder)).map((name) => path.join(folder, name));
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    const targetsKey = files[texts.findIndex((text) => /^role: targets$/m.test(text))] ?? '';
    const signing = {
      'signing-key': targetsKey,
      'signing-key-passphrase': passphrases.other,
    };
    const stuck = await sign(repository, '1', signing);
    expectFailure(stuck.result, {
      code: 'TRUST_SERVER_REJECTED',
      message: /does not hold the snapshot key/,
      remedy: /keys rotate --role snapshot/,
    });
    const inputs = {
      command: 'keysRotate',
      repository,
      role: 'snapshot',
      'root-key': root.keyFile,
      'root-key-passphrase': passphrases.root,
    };
    const dry = await run('cli', { ...inputs, 'dry-run': 'true' });
    expect(dry.output).toMatch(/to be rotated +snapshot/);
    const rotated = await run('cli', inputs);
    expectSuccess(rotated);
    const { result, digest } = await sign(repository, '1', signing);
    expectSuccess(result);
    await expectPulled(repository, '1', digest);
    const before = await stateOf(scenario, repository);
    const again = await run('cli', inputs);
    expectSuccess(again);
    expect(again.output).toMatch(/holds the snapshot key of .* already/);
    expect(await stateOf(scenario, repository)).toEqual(before);
    // Both roles of the server once more, and the owner's own client goes on as well.
    expectSuccess(await run('cli', { ...inputs, role: 'timestamp', 'create-key': 'true' }));
    expectSuccess(await run('cli', { ...inputs, 'create-key': 'true' }));
    // The root's certificate ends in less than half a year: the same key gets another one.
    const [oldId] = await keyIdsOf(repository, 'Root');
    const sameKey = { 'new-key': root.keyFile, 'new-key-passphrase': passphrases.root };
    const renewal = { ...inputs, ...sameKey, role: 'root' };
    expectSuccess(await run('cli', renewal));
    expect(await keyIdsOf(repository, 'Root')).not.toContain(oldId);
    const renewed = await run('cli', renewal);
    expect(renewed.output).toMatch(/root of .* has the key .* already, with a certificate until/);
    await notary('witness', gun, 'targets', '--publish');
    await expectEverybodySees(repository, '1', digest);
  });

  it('begins from a root and targets that have expired, and renews them', async () => {
    const pems = { root: newPrivateKey(), targets: newPrivateKey() };
    const keys = {
      'root-key': await vault.secret(pems.root),
      'signing-key': await vault.secret(pems.targets),
    };
    const { repository, digest } = await signedRepository(keys);
    await expireRoles(stack, gunOf(repository), scenario.signer.login, pems);
    const role = { command: 'keysRotate', role: 'targets', 'new-key': await vault.key() };
    const rotated = await run('cli', { repository, ...keys, ...role });
    expectSuccess(rotated);
    await expectEverybodySees(repository, '1', digest);
  });

  it("replaces a signer's key, and what it had signed stays signed", async () => {
    const keys = await makeKeys(scenario);
    const { repository } = await signedRepository(keys);
    const [first, second] = [await vault.key(), await vault.key()];
    const repositoryKey = { repository, 'signing-key': keys['signing-key'] };
    const add = { command: 'signersAdd', signer: 'ci', 'signer-key': first };
    expectSuccess(await run('cli', { ...repositoryKey, ...add }));
    const before = await sign(repository, '2', { 'signing-key': first });
    expectSuccess(before.result);
    await expectPulled(repository, '2', before.digest);
    const rotate = { command: 'keysRotate', role: 'targets/ci', 'new-key': second };
    const rotated = await run('task', { ...repositoryKey, ...rotate });
    expectSuccess(rotated);
    expect(rotated.output).toMatch(/targets\/releases/);
    await expectEverybodySees(repository, '2', before.digest);
    const old = await sign(repository, '3', { 'signing-key': first });
    expectFailure(old.result, { code: 'KEY_NOT_AUTHORIZED', message: /may not sign the tag 3/ });
    const fresh = await sign(repository, '3', { 'signing-key': second });
    expectSuccess(fresh.result);
    await expectPulled(repository, '3', fresh.digest);

    const steady = await stateOf(scenario, repository);
    const taken = await run('cli', {
      ...repositoryKey,
      ...rotate,
      'new-key': keys['root-key'],
    });
    expectFailure(taken, { code: 'KEY_CONFLICT', message: /is the root key of .* to become/ });
    const reading = await run('cli', {
      ...repositoryKey,
      ...rotate,
      'new-key': await vault.key(),
      ...credentialsOf(await registry.principal('AcrPull')),
    });
    expectFailure(reading, { code: 'VAULT_FORBIDDEN', message: /./ });
    expect(await stateOf(scenario, repository)).toEqual(steady);
  });
});
