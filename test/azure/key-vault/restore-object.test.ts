import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asBackup } from '../../../src/azure/key-vault/backup-folder.js';
import { backupVaultObject } from '../../../src/azure/key-vault/backup.js';
import { identifyObject } from '../../../src/azure/key-vault/identify-object.js';
import {
  importVaultKey,
  restoreObject,
  setVaultSecret,
  type BackupObject,
} from '../../../src/azure/index.js';
import { createMemorySigner, writeDockerKeyFile } from '../../../src/signing/index.js';
import { failure } from '../../trust/support/failure.js';
import {
  credentialOf,
  recordingSecrets,
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from './emulated-vault.js';

let scenario: EmulatedVault;
let credential: ReturnType<typeof credentialOf>;
beforeAll(async () => {
  scenario = await startVault();
  credential = await principal('Key Vault Crypto Officer', 'Key Vault Secrets Officer');
});
afterAll(async () => {
  await scenario.close();
});

async function principal(...roles: readonly string[]) {
  const made = await scenario.control.createServicePrincipal();
  for (const role of roles) {
    await scenario.control.assignRole({
      principalId: made.objectId,
      role,
      scope: scenario.vaultId,
    });
  }
  return credentialOf(made);
}

const secrets = recordingSecrets();
const context = { signal: new AbortController().signal, clock: () => new Date(), secrets };

/** The object as a backup has it, and its bytes. */
async function backUp(kind: BackupObject['kind'], name: string) {
  const reference = { kind: `vault-${kind}`, vaultUrl, name, version: undefined } as const;
  const blob = await backupVaultObject(reference, credential);
  const { object } = asBackup(
    await identifyObject(reference, credential, context),
    blob,
    new Date(),
  );
  return { object, blob };
}

async function lose(name: string): Promise<void> {
  await scenario.control.softDeleteKey(vault, name);
  await scenario.control.purgeKey(vault, name);
}

const restore = (object: BackupObject, blob: Buffer, by = credential) =>
  restoreObject(object, blob, vaultUrl, by, context);
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

describe('an object of a backup', () => {
  it('is back with every version, and signs', async () => {
    const first = await scenario.control.createKey({ vault, name: 'app', kty: 'EC' });
    const second = await scenario.control.rotateKey(vault, 'app');
    const { object, blob } = await backUp('key', 'app');
    expect(object.versions.map(({ version }) => version)).toEqual([second.version, first.version]);
    await lose('app');
    expect(await restore(object, blob)).toEqual({
      state: 'restored',
      reference: { kind: 'vault-key', vaultUrl, name: 'app', version: second.version },
      unproven: undefined,
    });
  });

  it('is there already when its key was imported anew, under another version', async () => {
    const key = newKey();
    await importVaultKey({ vaultUrl, name: 'anew' }, key, credential);
    const { object, blob } = await backUp('key', 'anew');
    await lose('anew');
    const { reference } = await importVaultKey({ vaultUrl, name: 'anew' }, key, credential);
    expect(await restore(object, blob)).toMatchObject({ state: 'already there', reference });
  });

  it('is refused when the backup is of another key than the manifest says', async () => {
    await scenario.control.createKey({ vault, name: 'swapped', kty: 'EC' });
    const { object, blob } = await backUp('key', 'swapped');
    const versions = object.versions.map((one) => ({ ...one, keyId: 'f'.repeat(64) }));
    await lose('swapped');
    expect(await failure(restore({ ...object, versions }, blob))).toMatchObject({
      code: 'READ_BACK_FAILED',
      message: expect.stringContaining('is not the key that was backed up') as string,
    });
  });

  it('that is restored disabled, or by one who may not sign, is not said to sign', async () => {
    await scenario.control.createKey({ vault, name: 'asleep', kty: 'EC', enabled: false });
    const asleep = await backUp('key', 'asleep');
    await lose('asleep');
    expect(await restore(asleep.object, asleep.blob)).toMatchObject({
      state: 'restored',
      unproven: 'it is disabled or out of its dates',
    });

    await scenario.control.createRole({
      name: 'Restores keys',
      dataActions: ['read', 'restore/action'].map((one) => `Microsoft.KeyVault/vaults/keys/${one}`),
    });
    const restorer = await principal('Restores keys');
    await scenario.control.createKey({ vault, name: 'kept', kty: 'EC' });
    const kept = await backUp('key', 'kept');
    await lose('kept');
    expect(await restore(kept.object, kept.blob, restorer)).toMatchObject({
      state: 'restored',
      unproven: 'this principal may not sign with it',
    });
  });

  it('that is a secret is masked, and held against the key in it', async () => {
    const key = newKey();
    await setVaultSecret({ vaultUrl, name: 'pem' }, key, credential, { secrets });
    const { object, blob } = await backUp('secret', 'pem');
    expect(object.versions[0]?.keyId).toBe(createMemorySigner(key, 'key').keyId);
    expect(secrets.masked).toContain(key.export({ type: 'pkcs8', format: 'pem' }));
    await scenario.control.softDeleteSecret(vault, 'pem');
    await scenario.control.purgeSecret(vault, 'pem');
    expect(await restore(object, blob)).toMatchObject({ state: 'restored', unproven: undefined });
    await scenario.control.setSecret({ vault, name: 'pem', value: 'something else' });
    expect(await failure(restore(object, blob))).toMatchObject({ code: 'KEY_CONFLICT' });
  });

  it("that is Docker's encrypted key file comes back unseen", async () => {
    const { text } = writeDockerKeyFile(newKey(), { role: 'root', passphrase: 'correct horse' });
    await scenario.control.setSecret({ vault, name: 'docker', value: text });
    const { object, blob } = await backUp('secret', 'docker');
    expect(object.versions[0]?.keyId).toBeUndefined();
    await scenario.control.softDeleteSecret(vault, 'docker');
    await scenario.control.purgeSecret(vault, 'docker');
    expect(await restore(object, blob)).toMatchObject({
      state: 'restored',
      unproven: 'it is encrypted',
    });
    expect(await restore(object, blob)).toMatchObject({ state: 'already there' });
  });
});
