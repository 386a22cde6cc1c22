import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tagsFor } from '../../../src/azure/index.js';
import {
  createMemorySigner,
  readKeyStore,
  writeDockerKeyFile,
  writeKeyArchive,
  type KeyStore,
} from '../../../src/signing/index.js';
import {
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from '../../azure/key-vault/emulated-vault.js';
import { gun } from '../../trust/support/repository.js';
import { refusedInputs } from '../support/refused-inputs.js';
import { runKeys, somebody, type Somebody } from './run-keys.js';

const passphrase = 'passphrase of the archive';
let scenario: EmulatedVault;
let keeper: Somebody;
let folder: string;
let count = 0;

beforeAll(async () => {
  scenario = await startVault();
  keeper = await somebody(
    scenario,
    [scenario.vaultId],
    'Key Vault Secrets User',
    'Key Vault Certificate User',
  );
  folder = await mkdtemp(path.join(tmpdir(), 'keys-export-'));
});
afterAll(() => scenario.close());

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const idOf = (key: KeyObject) => createMemorySigner(key, 'key').keyId;
const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const newName = (what: string) => `${what}-${(count += 1)}`;
const containing = (text: string) => expect.stringContaining(text) as string;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

/** Stores a text as a secret; its URL. */
async function secret(value: string): Promise<string> {
  const name = newName('secret');
  await scenario.control.setSecret({ vault, name, value });
  return `${vaultUrl}/secrets/${name}`;
}

/** Writes a Docker key file; its path. */
async function keyFile(key: KeyObject, role: string, own?: string): Promise<string> {
  const options = { role, passphrase: 'its own passphrase', ...(own && { gun: own }) };
  const file = path.join(folder, newName('file'));
  await writeFile(file, writeDockerKeyFile(key, options).text);
  return file;
}

async function bringOut(keys: readonly string[], texts: Readonly<Record<string, string>> = {}) {
  const archive = path.join(folder, newName('archive'));
  const run = await runKeys('keysExport', keeper, {
    keys: keys.join('\n'),
    archive,
    'archive-passphrase': passphrase,
    ...texts,
  });
  return { archive, ...run };
}

const keysIn = ({ keys }: KeyStore) =>
  keys.map((key) => ({
    id: idOf(key.open(passphrase, '').privateKey),
    role: key.role,
    gun: key.gun,
    path: key.path,
  }));

describe('exporting keys', () => {
  it('writes Docker key files of secrets and files, with the roles that they say', async () => {
    const [root, targets, alice] = [newKey(), newKey(), newKey()];
    const text = await readFile(await keyFile(targets, 'targets', gun), 'utf8');
    const run = await bringOut(
      [await keyFile(root, 'root'), await secret(text), await keyFile(alice, 'alice')],
      {
        'root-key-passphrase': 'its own passphrase',
        'signing-key-passphrase': 'its own passphrase',
      },
    );
    expect(run.error).toBeUndefined();
    expect(run.outputs).toMatchObject({ archive: run.archive, 'key-id': containing(idOf(alice)) });
    expect((await stat(run.archive)).mode & 0o777).toBe(0o600);
    const found = keysIn(await readKeyStore(run.archive));
    const expected = [
      { id: idOf(root), role: 'root', gun: undefined },
      { id: idOf(targets), role: 'targets', gun },
      { id: idOf(alice), role: 'alice', gun: undefined },
    ].map((one) => ({ ...one, path: `private/${one.id}.key` }));
    expect(found).toEqual(expected.sort((a, b) => (a.id < b.id ? -1 : 1)));
    expect(run.said).toMatch(/tar -xzf .* -C ~\/\.docker\/trust/);
    for (const key of [root, targets, alice]) {
      expect(run.isMasked(key.export({ format: 'jwk' }).d ?? '')).toBe(true);
    }
    expect(run.isMasked(passphrase)).toBe(true);
    expect(run.report).toMatchObject({ command: 'keysExport', keys: [{ role: 'root' }, {}, {}] });
    expect(run.summary).toContain('### ✅ Exported keys');
  });

  it('takes the role of a bare PEM from the tags of its secret', async () => {
    const importer = await somebody(scenario, [scenario.vaultId], 'Key Vault Secrets Officer');
    const key = newKey();
    const archive = path.join(folder, newName('store'));
    await writeKeyStoreOf(archive, key, 'bob');
    const brought = await runKeys('keysImport', importer, {
      archive,
      vault: vaultUrl,
      'store-as': 'secret',
      'signing-key-passphrase': passphrase,
    });
    expect(brought.error).toBeUndefined();
    const run = await bringOut([brought.outputs.keys ?? '']);
    expect(run.error).toBeUndefined();
    expect(keysIn(await readKeyStore(run.archive))).toMatchObject([{ id: idOf(key), role: 'bob' }]);
    expect(tagsFor({ role: 'delegation', signer: 'bob' })).toHaveProperty(
      'acr-content-trust-signer',
      'bob',
    );
  });

  it.each(['application/x-pem-file', 'application/x-pkcs12'] as const)(
    'opens the key of an exportable certificate (%s), and asks what it is for',
    async (contentType) => {
      const name = newName('certificate');
      await scenario.control.createCertificate({ vault, name, contentType });
      const run = await bringOut([`${vaultUrl}/certificates/${name}`]);
      expect(run.error).toMatchObject({
        code: 'KEY_PURPOSE_UNKNOWN',
        message: matching(/Nothing says what the key [0-9a-f]{64} in .*certificates.* is for/),
        remedy: containing('Name its repository'),
      });
      await expect(stat(run.archive)).rejects.toMatchObject({ code: 'ENOENT' });
    },
  );

  it.each([
    [{ exportable: false }, 'KEY_NOT_EXPORTABLE', /does not leave the vault/, /keys backup/],
  ])('refuses a certificate of %j', async (options, code, message, remedy) => {
    const name = newName('certificate');
    await scenario.control.createCertificate({ vault, name, ...options });
    for (const kind of ['certificates', 'secrets']) {
      const run = await bringOut([`${vaultUrl}/${kind}/${name}`]);
      expect(run.error).toMatchObject({
        code,
        message: matching(message),
        remedy: matching(remedy),
      });
      await expect(stat(run.archive)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it('writes nothing when one of several keys cannot be opened', async () => {
    const good = await keyFile(newKey(), 'root');
    const cases: readonly (readonly [string, string])[] = [
      [await secret('nothing of a key'), 'KEY_UNSUITABLE'],
      [`${vaultUrl}/secrets/not-there`, 'KEY_NOT_FOUND'],
      [path.join(folder, 'not-there.key'), 'KEY_NOT_FOUND'],
      [await keyFile(newKey(), 'targets', gun), 'KEY_PASSPHRASE_MISSING'],
    ];
    for (const [bad, code] of cases) {
      const texts = { 'root-key-passphrase': 'another passphrase' };
      const both = code === 'KEY_PASSPHRASE_MISSING' ? [bad] : [bad, good];
      const run = await bringOut(both, texts);
      expect(run.error?.code).toBe(code);
      await expect(stat(run.archive)).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  it('writes a key once, however often it is named', async () => {
    const key = newKey();
    const file = await keyFile(key, 'root');
    const texts = { 'root-key-passphrase': 'its own passphrase' };
    const run = await bringOut([file, file, await keyFile(key, 'root')], texts);
    expect(run.error).toBeUndefined();
    expect((await readKeyStore(run.archive)).keys).toHaveLength(1);
  });

  it('never overwrites, and asks nobody before it knows that', async () => {
    const archive = path.join(folder, newName('there'));
    await writeFile(archive, 'precious');
    const mark = (await scenario.control.requests()).length;
    const run = await bringOut([await secret(pemOf(newKey()))], { archive });
    expect(run.error).toMatchObject({ code: 'FILE_NOT_WRITTEN', message: containing(archive) });
    expect((await scenario.control.requests()).slice(mark)).toEqual([]);
    expect(await readFile(archive, 'utf8')).toBe('precious');
  });

  it('takes the passphrase of the archive out of a vault, and not a short one', async () => {
    const file = await keyFile(newKey(), 'root');
    const texts = { 'root-key-passphrase': 'its own passphrase' };
    const ofArchive = { ...texts, 'archive-passphrase': await secret(`${passphrase}\n`) };
    const run = await bringOut([file], ofArchive);
    expect(run.error).toBeUndefined();
    expect(keysIn(await readKeyStore(run.archive))).toHaveLength(1);
    const short = await bringOut([file], {
      ...texts,
      'archive-passphrase': await secret('1234567'),
    });
    expect(short.error).toMatchObject({ code: 'INPUT_INVALID', message: matching(/fewer than 8/) });
  });
});

async function writeKeyStoreOf(archive: string, key: KeyObject, role: string): Promise<void> {
  await writeKeyArchive(archive, [writeDockerKeyFile(key, { role, passphrase })], new Date());
}

describe('what keys export is asked for', () => {
  const base = { keys: 'a.key', archive: 'out.tar.gz', 'archive-passphrase': passphrase };
  it.each([
    ['no keys', { ...base, keys: '' }, 'INPUT_MISSING', /"keys" is not set/],
    ['no archive', { ...base, archive: '' }, 'INPUT_MISSING', /"archive" is not set/],
    [
      'no passphrase',
      { ...base, 'archive-passphrase': '' },
      'INPUT_MISSING',
      /"archive-passphrase" is not set/,
    ],
    ['a short one', { ...base, 'archive-passphrase': '1234567' }, 'INPUT_INVALID', /fewer than 8/],
    [
      'a Key Vault key',
      { ...base, keys: `${vaultUrl}/keys/x` },
      'KEY_NOT_EXPORTABLE',
      /keys\/x is a Key Vault key: its private key never leaves/,
    ],
    [
      'a whole vault',
      { ...base, keys: vaultUrl },
      'KEY_NOT_EXPORTABLE',
      /names the whole vault https:\/\/contoso/,
    ],
    ['nonsense', { ...base, keys: 'https://example.com/k' }, 'KEY_REFERENCE_INVALID', /"keys"/],
    ['a tag', { ...base, images: 'contoso.azurecr.io/app:1' }, 'INPUT_INVALID', /not a repository/],
    ['a bad pin', { ...base, 'trust-pin': 'sha256:1' }, 'INPUT_INVALID', /"trust-pin"/],
    ['half an identity', { ...base, 'client-secret': 'x' }, 'INPUT_MISSING', /"client-id"/],
  ])('is refused with %s', async (_, given, code, message) => {
    const error = await refusedInputs('keysExport', given);
    expect(error).toMatchObject({ code, message: matching(message) });
  });
});
