import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMemorySigner,
  readKeyFile,
  writeDockerKeyFile,
} from '../../../../src/signing/index.js';
import {
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from '../../../azure/key-vault/emulated-vault.js';
import { keyFolder, runKeys, somebody, type KeysRunOptions, type Somebody } from '../run-keys.js';

const passphrases = { root: 'the root passphrase', other: 'the other passphrase' };
const rootVault = 'contoso-root';
const rootVaultUrl = `https://${rootVault}.vault.azure.net`;
/** No login server of Azure, so nobody is asked about it. */
const gun = 'registry.example/team/app';

let scenario: EmulatedVault;
let keeper: Somebody;
let rootVaultId: string;

beforeAll(async () => {
  scenario = await startVault();
  ({ id: rootVaultId } = await scenario.control.createVault({ name: rootVault }));
  const scopes = [scenario.vaultId, rootVaultId];
  keeper = await somebody(
    scenario,
    scopes,
    'Key Vault Crypto Officer',
    'Key Vault Secrets Officer',
  );
});
afterAll(() => scenario.close());

interface Made {
  readonly key: KeyObject;
  readonly id: string;
  readonly file: string;
  readonly text: string;
}

function make(role: string, key = newKey()): Made {
  const passphrase = role === 'root' ? passphrases.root : passphrases.other;
  const hasGun = role === 'targets' || role === 'snapshot';
  const { fileName, text } = writeDockerKeyFile(key, {
    role,
    passphrase,
    ...(hasGun ? { gun } : {}),
  });
  return { key, id: createMemorySigner(key, 'key').keyId, file: fileName, text };
}

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const folderOf = (...made: readonly Made[]): Promise<string> =>
  keyFolder(Object.fromEntries(made.map(({ file, text }) => [file, text])));

const bring = (
  archive: string,
  texts: Readonly<Record<string, string>> = {},
  who = keeper,
  options: KeysRunOptions = {},
) =>
  runKeys(
    'keysImport',
    who,
    {
      archive,
      vault: vaultUrl,
      'root-vault': rootVaultUrl,
      'root-key-passphrase': passphrases.root,
      'signing-key-passphrase': passphrases.other,
      ...texts,
    },
    options,
  );

const urls = (output: string | undefined) => (output ?? '').split('\n').sort();
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;
const containing = (text: string) => expect.stringContaining(text) as string;

describe('importing keys into vaults', () => {
  it('gives each a name that never changes, tags, and no more than signing', async () => {
    const [root, targets, alice] = [make('root'), make('targets'), make('alice')];
    const run = await bring(await folderOf(root, targets, alice));
    expect(run.error).toBeUndefined();
    const names = {
      root: `root-${root.id.slice(0, 8)}`,
      targets: `team-app-targets-${targets.id.slice(0, 8)}`,
      alice: `signer-alice-${alice.id.slice(0, 8)}`,
    };
    expect(urls(run.outputs.keys)).toEqual([
      matching(new RegExp(`^${rootVaultUrl}/keys/${names.root}/[0-9a-f]{32}$`)),
      matching(new RegExp(`^${vaultUrl}/keys/${names.alice}/[0-9a-f]{32}$`)),
      matching(new RegExp(`^${vaultUrl}/keys/${names.targets}/[0-9a-f]{32}$`)),
    ]);
    expect(await scenario.control.keyOf(vault, names.targets)).toMatchObject({
      tags: { 'acr-content-trust-role': 'targets', 'acr-content-trust-gun': gun },
      kty: 'EC',
    });
    expect(await scenario.control.keyOf(vault, names.alice)).toMatchObject({
      tags: { 'acr-content-trust-role': 'delegation', 'acr-content-trust-signer': 'alice' },
    });
    expect(await scenario.control.keyOf(rootVault, names.root)).toMatchObject({
      tags: { 'acr-content-trust-role': 'root' },
    });
    expect(run.said).toContain('Every key of');
    expect(run.warnings).toEqual(
      expect.arrayContaining([
        containing(`${gun} cannot be read: "registry.example" is not a login server`),
        containing('is used in none of the repositories'),
      ]),
    );
    for (const { key } of [root, targets, alice]) {
      const d = key.export({ format: 'jwk' }).d ?? '';
      expect(run.isMasked(d)).toBe(true);
      expect(run.said).not.toContain(d);
    }
    expect(run.isMasked(passphrases.root)).toBe(true);

    const again = await bring(await folderOf(root, targets, alice));
    expect(again.error).toBeUndefined();
    expect(urls(again.outputs.keys)).toEqual(urls(run.outputs.keys));
    expect(again.summary.match(/✅ already there/g)).toHaveLength(3);
  });

  it('keeps keys in hardware if asked', async () => {
    const targets = make('targets');
    const run = await bring(await folderOf(targets), { hsm: 'true' });
    expect(run.error).toBeUndefined();
    const name = `team-app-targets-${targets.id.slice(0, 8)}`;
    expect((await scenario.control.keyOf(vault, name)).kty).toBe('EC-HSM');
  });

  it('puts root keys beside the others only with a warning', async () => {
    const [root, targets] = [make('root'), make('targets')];
    const run = await bring(await folderOf(root, targets), { 'root-vault': '' });
    expect(urls(run.outputs.keys).every((url) => url.startsWith(vaultUrl))).toBe(true);
    expect(run.warnings).toContainEqual(containing('the same vault'));
  });

  it('stores secrets that hold a PEM if asked, and says what that means', async () => {
    const targets = make('targets');
    const run = await bring(await folderOf(targets), { 'store-as': 'secret' });
    expect(run.error).toBeUndefined();
    expect(run.outputs.keys).toMatch(new RegExp(`^${vaultUrl}/secrets/team-app-targets-`));
    expect(run.warnings).toContainEqual(containing('whoever may read the secrets'));
    expect(run.report).toMatchObject({ keys: [{ keyId: targets.id, signs: 'proven' }] });
  });

  it('changes nothing in a dry run, and asks no vault', async () => {
    const targets = make('targets');
    const mark = (await scenario.control.requests()).length;
    const run = await bring(await folderOf(targets), { 'dry-run': 'true' });
    expect(run.error).toBeUndefined();
    expect((await scenario.control.requests()).slice(mark)).toEqual([]);
    expect(run.lines).toContain('Nothing was changed.');
    expect(run.said).toContain('to be imported');
    expect(run.said).not.toContain('may be destroyed');
    expect(run.outputs.keys).toBeUndefined();
  });

  it('accepts a registry without repositories, as the keys name them, and its trust server', async () => {
    const folder = await folderOf(make('targets'));
    const run = await bring(folder, {
      registry: 'Registry.example',
      'trust-server': 'https://notary.example',
      'dry-run': 'true',
    });
    expect(run.error).toBeUndefined();
    expect(run.report).toMatchObject({
      dryRun: true,
      repositories: [{ gun, hasTrustData: false }],
    });
  });

  it('fails for repositories that are named and cannot be read', async () => {
    const named = { registry: 'registry.example', repository: 'app, db', 'dry-run': 'true' };
    const run = await bring(await folderOf(make('targets')), named);
    expect(run.error?.message).toMatch(
      /^Every key could be imported\. .*registry\.example\/app: .*registry\.example\/db: /,
    );
    expect(run.report).toMatchObject({ outcome: 'failed', repositories: [{}, {}, {}] });
  });

  it('takes passphrases out of a vault and from the person at the keyboard', async () => {
    const [root, targets] = [make('root'), make('targets')];
    const name = 'passphrase-of-roots';
    await scenario.control.setSecret({ vault, name, value: `${passphrases.root}\n` });
    const run = await bring(
      await folderOf(root, targets),
      { 'root-key-passphrase': `${vaultUrl}/secrets/${name}`, 'signing-key-passphrase': '' },
      keeper,
      { answers: ['not this', passphrases.other] },
    );
    expect(run.error).toBeUndefined();
    expect(urls(run.outputs.keys)).toHaveLength(2);
    expect(run.isMasked(passphrases.root)).toBe(true);
  });

  it('imports a key without encryption, warns of it and masks it', async () => {
    const key = newKey();
    const text = key.export({ format: 'pem', type: 'pkcs8' }).toString();
    const folder = await keyFolder({ 'plain.key': text, 'copy.key': text });
    const run = await bring(folder);
    expect(run.error).toBeUndefined();
    const { keyId } = createMemorySigner(key, 'key');
    expect(run.outputs.keys).toMatch(`/keys/key-${keyId.slice(0, 8)}/`);
    expect(run.warnings).toContainEqual(containing('private/plain.key is not encrypted'));
    expect(run.isMasked(text.split('\n')[1] ?? '')).toBe(true);
    expect(run.report).toMatchObject({
      keys: [{ files: ['private/copy.key', 'private/plain.key'] }],
      oldFiles: [{ mayBeDestroyed: true }, { mayBeDestroyed: true }],
    });
  });

  it('imports an RSA key that notary made', async () => {
    const file = '14e35a66be1e13bafbb89a70b1722c3c6c24c6c0ec19e07dcca9f148c91b6847.key';
    const fixtures = path.resolve(import.meta.dirname, '../../../fixtures/notary/keystore');
    const text = await readFile(path.join(fixtures, file), 'utf8');
    const run = await bring(await keyFolder({ [file]: text }), {
      'signing-key-passphrase': 'delegpass1',
    });
    expect(run.error).toBeUndefined();
    expect(run.outputs.keys).toContain('/keys/signer-user-14e35a66/');
    expect(run.report).toMatchObject({ keys: [{ keyId: file.slice(0, 64), signs: 'proven' }] });
    const context = { source: file, passphrase: 'delegpass1', passphraseInput: '' };
    const { p, q } = readKeyFile(text, context).privateKey.export({ format: 'jwk' });
    for (const prime of [p, q]) {
      const pem = Buffer.from(prime ?? '', 'base64url').toString('base64');
      expect(run.said).not.toContain(pem);
    }
    expect(await scenario.control.keyOf(vault, 'signer-user-14e35a66')).toMatchObject({
      kty: 'RSA',
    });
  });

  it('goes by the key in a file, not by the name of the file', async () => {
    const [targets, other] = [make('targets'), make('alice')];
    const run = await bring(await keyFolder({ [other.file]: targets.text }));
    expect(run.outputs.keys).toContain(targets.id.slice(0, 8));
    expect(run.warnings).toContainEqual(containing('is named after another key'));
  });
});

describe('keys that cannot be imported', () => {
  it('leaves out snapshot keys, says what to do, and keeps their files', async () => {
    const [snapshot, targets] = [make('snapshot'), make('targets')];
    const run = await bring(await folderOf(snapshot, targets));
    expect(run.error).toBeUndefined();
    expect(urls(run.outputs.keys)).toEqual([containing('-targets-')]);
    expect(run.warnings).toContainEqual(matching(/is not imported.*keys rotate.*snapshot/));
    expect(run.said).toMatch(new RegExp(`To be kept: private/${snapshot.id}.key \\(`));
  });

  it('says that an Ed25519 key has to be a secret, or be rotated; others are imported', async () => {
    const targets = make('targets');
    const odd = make('alice', generateKeyPairSync('ed25519').privateKey);
    for (const texts of [{}, { 'dry-run': 'true' }]) {
      const run = await bring(await folderOf(odd, targets), texts);
      expect(run.error).toMatchObject({
        code: 'KEY_UNSUITABLE',
        message: matching(/1 of 2 keys (were not|cannot be) imported.*ed25519/),
        remedy: matching(/as a secret.*rotate/),
      });
      expect(run.said).not.toContain('Every key of');
    }
    const stored = await bring(await folderOf(odd), { 'store-as': 'secret' });
    expect(stored.error).toBeUndefined();
  });

  it.each(['deleted', 'another key'] as const)(
    'is refused for a name that is taken (%s), and others are imported',
    async (how) => {
      const [first, second] = [make('targets'), make('bob')];
      const name = `team-app-targets-${first.id.slice(0, 8)}`;
      await scenario.control.createKey({ vault, name, kty: 'EC', crv: 'P-256' });
      if (how === 'deleted') await scenario.control.softDeleteKey(vault, name);
      const run = await bring(await folderOf(first, second));
      expect(run.error).toMatchObject({
        code: 'KEY_CONFLICT',
        message: matching(new RegExp(`1 of 2 keys were not imported.*${name}`)),
      });
      expect(urls(run.outputs.keys)).toEqual([containing('/keys/signer-bob-')]);
      expect(run.said).toContain(`To be kept: private/${first.id}.key (it was not imported)`);
    },
  );

  it('fails for files that it cannot open or read, after the others', async () => {
    const [root, targets] = [make('root'), make('targets')];
    const folder = await folderOf(root, targets);
    await writeFile(path.join(folder, 'private/broken.key'), 'no key at all');
    const run = await bring(folder, { 'root-key-passphrase': 'wrong' });
    expect(run.error).toMatchObject({
      code: 'KEY_PASSPHRASE_WRONG',
      message: matching(/2 of 3 keys were not imported.*root key.*broken\.key.*no private key/),
      remedy: matching(/root-key-passphrase[^]*Then run again/),
    });
    expect(urls(run.outputs.keys)).toHaveLength(1);
    expect(run.summary).toContain('broken.key');
    expect(run.report).toMatchObject({
      notOpened: [{ role: 'root', error: { code: 'KEY_PASSPHRASE_WRONG' } }],
      notRead: [{ path: 'private/broken.key' }],
    });
  });

  it('of another curve are named', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const text = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const run = await bring(await keyFolder({ 'odd.key': text }));
    expect(run.error).toMatchObject({ code: 'KEY_UNSUITABLE', message: matching(/secp384r1/) });
  });

  it('stops before anything else at what is no store of keys', async () => {
    const mark = (await scenario.control.requests()).length;
    const run = await bring(await keyFolder({}));
    expect(run.error).toMatchObject({ code: 'ARCHIVE_INVALID', message: matching(/no keys/) });
    expect((await scenario.control.requests()).slice(mark)).toEqual([]);
  });

  it('says which right is missing', async () => {
    const user = await somebody(scenario, [scenario.vaultId], 'Key Vault Crypto User');
    const run = await bring(await folderOf(make('targets')), {}, user);
    expect(run.error).toMatchObject({
      code: 'VAULT_FORBIDDEN',
      remedy: matching(/Key Vault Crypto Officer/),
    });
    expect(run.said).toContain('Nothing of');
  });

  it('imports for somebody who may not sign, and says that it was not tried', async () => {
    const name = 'contoso-policies';
    await scenario.control.createVault({ name, accessPolicies: true });
    const importer = await somebody(scenario, []);
    await scenario.control.setAccessPolicy({
      vault: name,
      principalId: importer.objectId,
      keys: ['get', 'list', 'import'],
    });
    const targets = make('targets');
    const run = await bring(
      await folderOf(targets),
      { vault: `https://${name}.vault.azure.net` },
      importer,
    );
    expect(run.error).toBeUndefined();
    expect(run.report).toMatchObject({
      keys: [{ state: 'imported', signs: 'not permitted' }],
      oldFiles: [{ mayBeDestroyed: true }],
    });
    expect(run.said).toContain('may not sign with the keys');
  });
});
