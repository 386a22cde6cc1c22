import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openKey, type OpenKeyOptions } from '../../../src/azure/key-vault/index.js';
import {
  createMemorySigner,
  parseKeyReference,
  proveSigner,
  writeDockerKeyFile,
} from '../../../src/signing/index.js';
import {
  credentialOf,
  recordingSecrets,
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from './emulated-vault.js';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const docker = writeDockerKeyFile(privateKey, { role: 'alice', passphrase: 'open sesame' });
const { keyId } = createMemorySigner(privateKey, 'test key');

let emulated: EmulatedVault;
let folder: string;
beforeAll(async () => {
  emulated = await startVault();
  folder = await mkdtemp(join(tmpdir(), 'open-key-test-'));
});
afterAll(async () => {
  await emulated.close();
  await rm(folder, { recursive: true });
});

function open(text: string, options: Partial<OpenKeyOptions> = {}) {
  return openKey(parseKeyReference(text), {
    credential: emulated.credential,
    passphraseInput: 'signing-key-passphrase',
    secrets: recordingSecrets(),
    ...options,
  });
}

async function secret(name: string, value: string): Promise<string> {
  await emulated.control.setSecret({ vault, name, value });
  return `${vaultUrl}/secrets/${name}`;
}

describe('opening a key by its reference', () => {
  it('leaves the private key of a vault key in the vault', async () => {
    await emulated.control.createKey({ vault, name: 'app', kty: 'EC' });
    const opened = await open(`${vaultUrl}/keys/app`);
    expect(opened).toMatchObject({ privateKey: undefined, certificatePem: undefined });
    await proveSigner(opened.signer);
  });

  it('gives the PEM of a certificate and still no private key', async () => {
    await emulated.control.createCertificate({ vault, name: 'cert' });
    const opened = await open(`${vaultUrl}/certificates/cert`);
    expect(opened.privateKey).toBeUndefined();
    expect(opened.certificatePem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it('pulls a PEM secret, masked before use', async () => {
    const secrets = recordingSecrets();
    const opened = await open(await secret('plain', pem), { secrets });
    expect(opened.signer.keyId).toBe(keyId);
    expect(opened.signer.description).toBe('key in the Key Vault secret contoso/plain');
    expect(opened.privateKey?.equals(privateKey)).toBe(true);
    expect(secrets.masked).toContain(pem);
    await proveSigner(opened.signer);
  });

  it('opens the secret of an exportable certificate', async () => {
    await emulated.control.createCertificate({ vault, name: 'exportable' });
    const { signer } = await open(`${vaultUrl}/secrets/exportable`);
    expect(signer.keyId).toBe((await open(`${vaultUrl}/keys/exportable`)).signer.keyId);
  });

  it('opens an encrypted Docker key with the passphrase given', async () => {
    const secrets = recordingSecrets();
    const reference = await secret('docker', docker.text);
    const opened = await open(reference, { passphrase: 'open sesame', secrets });
    expect(opened).toMatchObject({ role: 'alice', gun: undefined });
    expect(opened.signer.keyId).toBe(keyId);
    expect(secrets.masked).toEqual(expect.arrayContaining(['open sesame', docker.text]));
  });

  it('fetches the passphrase from another secret, masked, without its last newline', async () => {
    const secrets = recordingSecrets();
    const reference = await secret('docker', docker.text);
    const passphrase = await secret('passphrase', 'open sesame\n');
    const opened = await open(reference, { passphrase, secrets });
    expect(opened.signer.keyId).toBe(keyId);
    expect(secrets.masked).toEqual(
      expect.arrayContaining(['open sesame\n', 'open sesame', docker.text]),
    );
  });

  it('opens a local file without any sign-in', async () => {
    const path = join(folder, docker.fileName);
    await writeFile(path, docker.text, { mode: 0o600 });
    const secrets = recordingSecrets();
    const options = { credential: undefined, passphrase: 'open sesame', secrets };
    const opened = await open(path, options);
    expect(opened.signer.keyId).toBe(keyId);
    expect(secrets.masked).toEqual(expect.arrayContaining(['open sesame', docker.text]));
    expect(createPrivateKey(pem).equals(opened.privateKey ?? createPrivateKey(pem))).toBe(true);
  });
});

describe('what keeps a key closed', () => {
  it('is a missing passphrase, by the name of its input', async () => {
    await expect(open(await secret('docker', docker.text))).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
      remedy: expect.stringContaining('"signing-key-passphrase"') as string,
    });
  });

  it('is a wrong passphrase, which the error does not repeat', async () => {
    const reference = await secret('docker', docker.text);
    const error = await open(reference, { passphrase: 'open barley' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' });
    expect(JSON.stringify(error) + String(error)).not.toContain('barley');
  });

  it('is a passphrase reference to something other than a secret', async () => {
    const reference = await secret('docker', docker.text);
    for (const path of ['keys/app', 'secrets/app?code=hunter2', '']) {
      const opening = open(reference, { passphrase: `${vaultUrl}/${path}` });
      const error: unknown = await opening.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'KEY_REFERENCE_INVALID' });
      expect(String(error)).not.toContain('hunter2');
    }
  });

  it('is not a passphrase that looks like another URL', async () => {
    const passphrase = 'https://example.com/secrets/x';
    const { text } = writeDockerKeyFile(privateKey, { role: 'alice', passphrase });
    const opened = await open(await secret('url-passphrase', text), { passphrase });
    expect(opened.signer.keyId).toBe(keyId);
  });

  it('is a secret that is not there, disabled, expired or empty', async () => {
    await expect(open(`${vaultUrl}/secrets/never`)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      remedy: expect.stringContaining('az keyvault secret recover') as string,
    });
    await emulated.control.setSecret({ vault, name: 'off', value: pem, enabled: false });
    await expect(open(`${vaultUrl}/secrets/off`)).rejects.toMatchObject({ code: 'KEY_DISABLED' });
    const officer = await emulated.control.createServicePrincipal();
    const role = 'Key Vault Secrets Officer';
    await emulated.control.assignRole({
      principalId: officer.objectId,
      role,
      scope: emulated.vaultId,
    });
    const secrets = new SecretClient(vaultUrl, credentialOf(officer));
    await secrets.setSecret('old', pem, { expiresOn: new Date(1_700_000_000_000) });
    await expect(open(`${vaultUrl}/secrets/old`)).rejects.toMatchObject({ code: 'KEY_DISABLED' });
    await secrets.setSecret('empty', '');
    await expect(open(`${vaultUrl}/secrets/empty`)).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
    });
  });

  it('is a secret that holds no key', async () => {
    await expect(open(await secret('words', 'just words'))).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
    });
  });

  it('is a file that is not there, a folder, or far too large', async () => {
    await expect(open(join(folder, 'none.key'))).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
    await writeFile(join(folder, 'large.key'), Buffer.alloc(2 * 1024 * 1024, 'A'));
    for (const path of [folder, join(folder, 'large.key')]) {
      await expect(open(path)).rejects.toMatchObject({ code: 'KEY_UNSUITABLE' });
    }
  });

  it('is a vault without a sign-in', async () => {
    for (const path of ['keys/app', 'secrets/app']) {
      const opening = open(`${vaultUrl}/${path}`, { credential: undefined });
      await expect(opening).rejects.toMatchObject({ code: 'CREDENTIAL_MISSING' });
    }
  });
});
