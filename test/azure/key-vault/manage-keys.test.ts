import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  backupVaultObject,
  createVaultKey,
  importVaultKey,
  listKeyVersions,
  listVaultKeys,
  openKey,
  openVaultKey,
  purposeOf,
  readVaultKey,
  restoreVaultObject,
  setVaultSecret,
  tagsFor,
} from '../../../src/azure/key-vault/index.js';
import { createMemorySigner, proveSigner } from '../../../src/signing/index.js';
import { credentialOf, recordingSecrets, startVault, vault, vaultUrl } from './emulated-vault.js';
import type { EmulatedVault } from './emulated-vault.js';

let emulated: EmulatedVault;
/** May do everything with keys and secrets. */
let officer: ReturnType<typeof credentialOf>;
beforeAll(async () => {
  emulated = await startVault();
  officer = (await principal('Key Vault Crypto Officer', 'Key Vault Secrets Officer')).credential;
});
afterAll(async () => {
  await emulated.close();
});

async function principal(...roles: readonly string[]) {
  const made = await emulated.control.createServicePrincipal();
  for (const role of roles) {
    await emulated.control.assignRole({
      principalId: made.objectId,
      role,
      scope: emulated.vaultId,
    });
  }
  return { ...made, credential: credentialOf(made) };
}

const keyOf = (name: string, version?: string) =>
  ({ kind: 'vault-key', vaultUrl, name, version }) as const;
const secretOf = (name: string) =>
  ({ kind: 'vault-secret', vaultUrl, name, version: undefined }) as const;
const containing = (text: string) => expect.stringContaining(text) as string;
const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const idOf = (key: KeyObject) => createMemorySigner(key, 'test key').keyId;

describe('a key made in a vault', () => {
  it('signs, verifies, does not leave the vault, and says what it is for', async () => {
    const tags = tagsFor({ role: 'targets', gun: 'contoso.azurecr.io/app' });
    const made = await createVaultKey({ vaultUrl, name: 'made' }, officer, { tags });
    expect(made.kid).toBe(`${vaultUrl}/keys/made/${made.reference.version}`);
    const read = await readVaultKey(keyOf('made'), officer);
    expect(read).toEqual(made);
    expect(purposeOf(read.tags)).toEqual({ role: 'targets', gun: 'contoso.azurecr.io/app' });
    const body = (await emulated.control.requests()).filter(
      ({ path }) => path === '/keys/made/create',
    );
    expect(body).toHaveLength(1);
    await proveSigner(await openVaultKey(keyOf('made'), emulated.credential));
  });

  it('is in hardware on request', async () => {
    await createVaultKey({ vaultUrl, name: 'hard' }, officer, { hsm: true });
    const { kty } = await emulated.control.keyOf(vault, 'hard');
    expect(kty).toBe('EC-HSM');
  });

  it('in hardware is refused by a vault that has none, with the reason', async () => {
    const { id } = await emulated.control.createVault({ name: 'cheap', sku: 'standard' });
    const { objectId, ...rest } = await principal();
    const role = 'Key Vault Crypto Officer';
    await emulated.control.assignRole({ principalId: objectId, role, scope: id });
    const name = { vaultUrl: 'https://cheap.vault.azure.net', name: 'k' };
    await expect(createVaultKey(name, rest.credential, { hsm: true })).rejects.toMatchObject({
      code: 'VAULT_FAILED',
      message: containing('could not create https://cheap.vault.azure.net/keys/k'),
      remedy: containing('Premium'),
    });
  });

  it('is a new version where the name exists', async () => {
    const first = await createVaultKey({ vaultUrl, name: 'again' }, officer);
    const second = await createVaultKey({ vaultUrl, name: 'again' }, officer);
    expect(second.keyId).not.toBe(first.keyId);
    const versions = await listKeyVersions({ vaultUrl, name: 'again' }, officer);
    expect(new Set(versions.map(({ kid }) => kid))).toEqual(new Set([first.kid, second.kid]));
  });

  it('cannot take the name of a deleted one', async () => {
    await createVaultKey({ vaultUrl, name: 'buried' }, officer);
    await emulated.control.softDeleteKey(vault, 'buried');
    const expected = {
      code: 'KEY_CONFLICT',
      message: `${vaultUrl}/keys/buried was deleted, and can still be recovered: its name is taken`,
      remedy: containing('az keyvault key recover --vault-name contoso --name buried'),
    };
    const name = { vaultUrl, name: 'buried' };
    await expect(createVaultKey(name, officer)).rejects.toMatchObject(expected);
    await expect(importVaultKey(name, newKey(), officer)).rejects.toMatchObject(expected);
    await expect(importVaultKey(name, newKey(), officer)).rejects.toMatchObject({
      remedy: containing('az keyvault key purge --vault-name contoso --name buried'),
    });
  });

  it('needs a role that the error names', async () => {
    const { credential, clientId } = await principal('Key Vault Crypto User');
    const line =
      `az role assignment create --role "Key Vault Crypto Officer" --assignee ${clientId} ` +
      `--scope ${emulated.vaultId.toLowerCase()}`;
    await expect(createVaultKey({ vaultUrl, name: 'no' }, credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing(`forbids creating ${vaultUrl}/keys/no`),
      remedy: containing(line),
    });
    await expect(
      importVaultKey({ vaultUrl, name: 'no' }, newKey(), credential),
    ).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing('forbids importing a key as'),
      remedy: containing(line),
    });
  });
});

describe('a key imported into a vault', () => {
  it.each([
    ['EC', false, () => newKey()],
    ['EC', true, () => newKey()],
    ['RSA', false, () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['RSA', true, () => generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey],
  ] as const)('signs as before: %s, in hardware %s', async (kty, hsm, make) => {
    const privateKey = make();
    const name = `imported-${kty.toLowerCase()}-${String(hsm)}`;
    const tags = tagsFor({ role: 'root', gun: 'left out for roots' });
    const imported = await importVaultKey({ vaultUrl, name }, privateKey, officer, { hsm, tags });
    expect(imported).toMatchObject({ isNew: true, keyId: idOf(privateKey) });
    expect(imported.tags).toEqual({ 'acr-content-trust-role': 'root' });
    expect((await emulated.control.keyOf(vault, name)).kty).toBe(hsm ? `${kty}-HSM` : kty);
    const key = await openVaultKey(keyOf(name), emulated.credential);
    await proveSigner(key);
    expect(key.keyId).toBe(idOf(privateKey));
  });

  it('is left as it is the second time', async () => {
    const privateKey = newKey();
    const first = await importVaultKey({ vaultUrl, name: 'twice' }, privateKey, officer);
    const second = await importVaultKey({ vaultUrl, name: 'twice' }, privateKey, officer);
    expect(second).toEqual({ ...first, isNew: false });
    expect(await listKeyVersions({ vaultUrl, name: 'twice' }, officer)).toHaveLength(1);
  });

  it('is found among earlier versions when the key was rotated since', async () => {
    const privateKey = newKey();
    const first = await importVaultKey({ vaultUrl, name: 'turned' }, privateKey, officer);
    await emulated.control.rotateKey(vault, 'turned');
    const second = await importVaultKey({ vaultUrl, name: 'turned' }, privateKey, officer);
    expect(second).toMatchObject({ isNew: false, kid: first.kid });
  });

  it('is never put over another one', async () => {
    const first = await importVaultKey({ vaultUrl, name: 'taken' }, newKey(), officer);
    const other = newKey();
    await expect(importVaultKey({ vaultUrl, name: 'taken' }, other, officer)).rejects.toMatchObject(
      {
        code: 'KEY_CONFLICT',
        message:
          `${vaultUrl}/keys/taken holds another key: its key ID is ${first.keyId}, not the key with ` +
          `the ID ${idOf(other)}`,
      },
    );
    await emulated.control.createKey({ vault, name: 'curved', kty: 'EC', crv: 'P-256K' });
    await expect(
      importVaultKey({ vaultUrl, name: 'curved' }, other, officer),
    ).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
    expect(await listKeyVersions({ vaultUrl, name: 'taken' }, officer)).toHaveLength(1);
  });

  it('that is there but disabled is not taken for one that works', async () => {
    const privateKey = newKey();
    await importVaultKey({ vaultUrl, name: 'asleep' }, privateKey, officer);
    await emulated.control.setKeyAttributes({ vault, name: 'asleep', enabled: false });
    await expect(
      importVaultKey({ vaultUrl, name: 'asleep' }, privateKey, officer),
    ).rejects.toMatchObject({ code: 'KEY_DISABLED' });
  });

  it.each([
    ['a key of type ed25519', () => generateKeyPairSync('ed25519').privateKey],
    [
      'an RSA key of 2560 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 2560 }).privateKey,
    ],
  ])('is refused before the vault is asked when it is %s', async (found, make) => {
    const before = (await emulated.control.requests()).length;
    await expect(importVaultKey({ vaultUrl, name: 'odd' }, make(), officer)).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: `Key Vault cannot hold the key for ${vaultUrl}/keys/odd: it is ${found}`,
      remedy: containing('Store this key as a secret'),
    });
    expect(await emulated.control.requests()).toHaveLength(before);
  });
});

describe('a key stored as a secret', () => {
  const secrets = recordingSecrets();
  const store = (name: string, key: KeyObject, credential = officer) =>
    setVaultSecret({ vaultUrl, name }, key, credential, {
      secrets,
      tags: tagsFor({ role: 'delegation' }),
    });

  it.each([
    ['ecdsa', () => newKey()],
    ['ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('opens as the same key, is masked, and is not stored twice: %s', async (type, make) => {
    const key = make();
    const first = await store(`stored-${type}`, key);
    expect(first).toMatchObject({ isNew: true, keyId: idOf(key) });
    const opened = await openKey(first.reference, {
      credential: officer,
      secrets,
      passphraseInput: 'p',
    });
    expect(opened.signer.keyId).toBe(idOf(key));
    expect(secrets.masked).toContain(key.export({ format: 'pem', type: 'pkcs8' }));
    expect(await store(`stored-${type}`, key)).toEqual({ ...first, isNew: false });
  });

  it('is never put over anything else', async () => {
    await emulated.control.setSecret({ vault, name: 'words', value: 'not a key' });
    await expect(store('words', newKey())).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      message: containing('holds another key: something that is no readable key'),
    });
    await store('other', newKey());
    await expect(store('other', newKey())).rejects.toMatchObject({ code: 'KEY_CONFLICT' });
  });

  it('needs a role that the error names', async () => {
    const { credential } = await principal('Key Vault Secrets User');
    await expect(store('denied', newKey(), credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing('forbids storing a secret as'),
      remedy: containing('--role "Key Vault Secrets Officer"'),
    });
  });
});

describe('the keys of a vault', () => {
  it('are listed when they can sign, at their newest version', async () => {
    const { id } = await emulated.control.createVault({ name: 'many-keys' });
    const { objectId, credential } = await principal();
    const role = 'Key Vault Crypto User';
    await emulated.control.assignRole({ principalId: objectId, role, scope: id });
    const at = { vault: 'many-keys', kty: 'EC' } as const;
    // More than a vault puts on one page.
    const names = Array.from({ length: 30 }, (_, n) => `key-${String(n).padStart(2, '0')}`);
    for (const name of names) await emulated.control.createKey({ ...at, name });
    const rotated = await emulated.control.rotateKey('many-keys', 'key-07');
    await emulated.control.createKey({ ...at, name: 'off', enabled: false });
    await emulated.control.createKey({ ...at, name: 'old', expires: 1_700_000_000 });
    await emulated.control.createKey({ ...at, name: 'wide', crv: 'P-384' });
    await emulated.control.createKey({ ...at, name: 'gone' });
    await emulated.control.softDeleteKey('many-keys', 'gone');
    const passedOver: string[] = [];
    const listed = await listVaultKeys('https://many-keys.vault.azure.net', credential, {
      onPassedOver: (name, why) => passedOver.push(`${name}: ${why.code}`),
    });
    expect(listed.map(({ reference: { name } }) => name)).toEqual(names);
    expect(listed[7]?.kid).toBe(rotated.kid);
    expect(passedOver).toEqual(['wide: KEY_UNSUITABLE']);
  });

  it('are not shown to everybody', async () => {
    const { credential } = await emulated.principalWithoutRoles();
    await expect(listVaultKeys(vaultUrl, credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing(`forbids listing ${vaultUrl}/keys:`),
      remedy: containing('--role "Key Vault Crypto User"'),
    });
  });
});

describe('a backup of a vault', () => {
  it('brings a purged key back as it was, all versions of it', async () => {
    const first = await createVaultKey({ vaultUrl, name: 'kept' }, officer);
    const second = await createVaultKey({ vaultUrl, name: 'kept' }, officer);
    const blob = await backupVaultObject(keyOf('kept'), emulated.credential);
    await expect(restoreVaultObject(keyOf('kept'), blob, officer)).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      message: containing('is taken'),
    });
    await emulated.control.softDeleteKey(vault, 'kept');
    await expect(restoreVaultObject(keyOf('kept'), blob, officer)).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      remedy: containing('az keyvault key recover'),
    });
    await emulated.control.purgeKey(vault, 'kept');
    await restoreVaultObject(keyOf('kept'), blob, officer);
    expect((await readVaultKey(keyOf('kept'), officer)).keyId).toBe(second.keyId);
    const old = await openVaultKey(keyOf('kept', first.reference.version), emulated.credential);
    await proveSigner(old);
  });

  it('brings a secret back', async () => {
    const key = newKey();
    await setVaultSecret({ vaultUrl, name: 'secret' }, key, officer, {
      secrets: recordingSecrets(),
    });
    const blob = await backupVaultObject(secretOf('secret'), officer);
    await emulated.control.softDeleteSecret(vault, 'secret');
    await expect(restoreVaultObject(secretOf('secret'), blob, officer)).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      remedy: containing('az keyvault secret recover --vault-name contoso --name secret'),
    });
    await emulated.control.purgeSecret(vault, 'secret');
    await restoreVaultObject(secretOf('secret'), blob, officer);
    const opened = await openKey(secretOf('secret'), {
      credential: officer,
      secrets: recordingSecrets(),
      passphraseInput: 'p',
    });
    expect(opened.signer.keyId).toBe(idOf(key));
  });

  it('of a certificate brings its key back', async () => {
    const role = 'Key Vault Certificates Officer';
    const all = (await principal('Key Vault Crypto Officer', role)).credential;
    const reference = { ...keyOf('team'), kind: 'vault-certificate' } as const;
    await emulated.control.createCertificate({ vault, name: 'team' });
    const { keyId } = await openVaultKey(reference, emulated.credential);
    const blob = await backupVaultObject(reference, all);
    await expect(backupVaultObject(reference, emulated.credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      remedy: containing('--role "Key Vault Certificates Officer"'),
    });
    await emulated.control.softDeleteCertificate(vault, 'team');
    await expect(restoreVaultObject(reference, blob, all)).rejects.toMatchObject({
      code: 'KEY_CONFLICT',
      remedy: containing('az keyvault certificate recover --vault-name contoso --name team'),
    });
    await emulated.control.purgeCertificate(vault, 'team');
    await restoreVaultObject(reference, blob, all);
    expect((await openVaultKey(reference, emulated.credential)).keyId).toBe(keyId);
  });

  it('that is damaged or from elsewhere is refused, with where it would restore', async () => {
    await expect(
      restoreVaultObject(keyOf('nobody'), Buffer.from('damaged'), officer),
    ).rejects.toMatchObject({
      code: 'VAULT_FAILED',
      message: containing(`could not restore ${vaultUrl}/keys/nobody`),
      remedy: containing('same subscription and the same geography'),
    });
  });

  it('needs the roles that the errors name', async () => {
    await createVaultKey({ vaultUrl, name: 'guarded' }, officer);
    const { credential } = await emulated.principalWithoutRoles();
    await expect(backupVaultObject(keyOf('guarded'), credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing('forbids backing up'),
      remedy: containing('--role "Key Vault Crypto User"'),
    });
    const blob = await backupVaultObject(keyOf('guarded'), emulated.credential);
    await expect(
      restoreVaultObject(keyOf('guarded'), blob, emulated.credential),
    ).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing('forbids restoring'),
      remedy: containing('--role "Key Vault Crypto Officer"'),
    });
    await expect(backupVaultObject(secretOf('app'), emulated.credential)).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      remedy: containing('--role "Key Vault Secrets Officer"'),
    });
  });
});

describe('the tags of a key', () => {
  it('leave a name out that is too long for them', () => {
    const gun = `contoso.azurecr.io/${'a'.repeat(250)}`;
    expect(tagsFor({ role: 'targets', gun })).toEqual({ 'acr-content-trust-role': 'targets' });
    expect(purposeOf({ other: 'tag' })).toBeUndefined();
    expect(purposeOf({ 'acr-content-trust-role': 'emperor' })).toBeUndefined();
  });
});
