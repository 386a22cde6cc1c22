import { X509Certificate } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openVaultKey } from '../../../src/azure/key-vault/index.js';
import {
  createRootCertificate,
  parseKeyReference,
  proveSigner,
  type KeyReference,
} from '../../../src/signing/index.js';
import { rootCertificateFlaw, verifySignature } from '../../../src/trust/metadata/index.js';
import { startVault, vault, vaultUrl, type EmulatedVault } from './emulated-vault.js';

let emulated: EmulatedVault;
beforeAll(async () => {
  emulated = await startVault();
});
afterAll(async () => {
  await emulated.close();
});

function reference(text: string): Exclude<KeyReference, { kind: 'file' | 'vault-secret' }> {
  const parsed = parseKeyReference(`${vaultUrl}/${text}`);
  if (parsed.kind === 'file' || parsed.kind === 'vault-secret') throw new Error('not a key');
  return parsed;
}

const open = (text: string) => openVaultKey(reference(text), emulated.credential);

describe('a key in Key Vault', () => {
  it.each([
    { name: 'ec', kty: 'EC', hsm: false, method: 'ecdsa', algorithm: 'ES256' },
    { name: 'ec-hsm', kty: 'EC', hsm: true, method: 'ecdsa', algorithm: 'ES256' },
    { name: 'rsa', kty: 'RSA', hsm: false, method: 'rsapss', algorithm: 'PS256' },
    { name: 'rsa-hsm', kty: 'RSA', hsm: true, method: 'rsapss', algorithm: 'PS256' },
  ] as const)('of kind $name signs as Notary verifies', async (kind) => {
    const { kid } = await emulated.control.createKey({ vault, ...kind });
    const key = await open(`keys/${kind.name}`);
    expect(key).toMatchObject({ method: kind.method, kid, certificatePem: undefined });
    expect(key.description).toBe(`Key Vault key contoso/${kind.name} (${kind.algorithm})`);
    await proveSigner(key);
    const message = Buffer.from('{"_type":"Targets"}');
    const signature = await key.sign(message);
    expect(verifySignature(key.publicKey, key.method, message, signature)).toBe(true);
  });

  it.each([
    { name: 'root-ec', kty: 'EC' },
    { name: 'root-rsa', kty: 'RSA' },
  ] as const)('makes a root certificate: $name', async (kind) => {
    await emulated.control.createKey({ vault, ...kind });
    const gun = 'contoso.azurecr.io/team/app';
    const now = new Date();
    const root = await createRootCertificate(gun, await open(`keys/${kind.name}`), now);
    expect(rootCertificateFlaw(root, { gun, now })).toBeUndefined();
    const certificate = new X509Certificate(Buffer.from(root.keyval.public, 'base64'));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('keeps to the version it found when the key is rotated meanwhile', async () => {
    const first = await emulated.control.createKey({ vault, name: 'rotating', kty: 'EC' });
    const key = await open('keys/rotating');
    const second = await emulated.control.rotateKey(vault, 'rotating');
    await proveSigner(key);
    expect(key.kid).toBe(first.kid);
    expect((await open('keys/rotating')).kid).toBe(second.kid);
    expect((await open(`keys/rotating/${first.version}`)).keyId).toBe(key.keyId);
  });

  it('signs many times at once without asking for the challenge, and by the full key identifier', async () => {
    const { version } = await emulated.control.createKey({ vault, name: 'parallel', kty: 'EC' });
    const key = await open('keys/parallel');
    const before = (await emulated.control.requests()).length;
    await Promise.all([1, 2, 3, 4, 5].map((n) => key.sign(Buffer.from(`{"n":${n}}`))));
    const signs = (await emulated.control.requests()).slice(before);
    expect(signs.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    for (const { path } of signs) expect(path).toBe(`/keys/parallel/${version}/sign`);
  });

  it('refuses a signature that does not verify', async () => {
    await emulated.control.createKey({ vault, name: 'lying', kty: 'EC' });
    const key = await open('keys/lying');
    await key.sign(Buffer.from('{}'));
    await emulated.control.failNext({
      target: '/keys/lying/.*/sign',
      status: 200,
      body: { kid: key.kid, value: Buffer.alloc(64, 1).toString('base64url') },
    });
    await expect(key.sign(Buffer.from('{}'))).rejects.toMatchObject({
      code: 'VAULT_FAILED',
      message: expect.stringContaining('does not verify') as string,
    });
  });

  it('says so of an answer that is no key at all', async () => {
    await emulated.control.createKey({ vault, name: 'odd', kty: 'EC' });
    await emulated.control.failNext({ target: '/keys/odd', method: 'GET', status: 200, body: {} });
    await expect(open('keys/odd')).rejects.toMatchObject({
      code: 'VAULT_FAILED',
      message: expect.stringContaining('its response is not readable') as string,
    });
  });

  it('says so of an answer without a signature', async () => {
    await emulated.control.createKey({ vault, name: 'mute', kty: 'EC' });
    const key = await open('keys/mute');
    await key.sign(Buffer.from('{}'));
    for (const value of [undefined, null, 1e300, true, { a: [] }, []]) {
      const body = { kid: key.kid, value };
      await emulated.control.failNext({ target: '/keys/mute/.*/sign', status: 200, body });
      await expect(key.sign(Buffer.from('{}'))).rejects.toMatchObject({
        code: 'VAULT_FAILED',
        message: expect.stringMatching(/answered without a signature|does not verify/) as string,
      });
    }
  });
});

describe('a key that cannot sign content trust data', () => {
  it.each([
    { name: 'p384', kty: 'EC', crv: 'P-384', found: 'curve P-384' },
    { name: 'p521', kty: 'EC', crv: 'P-521', found: 'curve P-521' },
    { name: 'p256k', kty: 'EC', crv: 'P-256K', found: 'curve P-256K' },
  ] as const)('is refused before use: $name', async ({ found, ...kind }) => {
    await emulated.control.createKey({ vault, ...kind });
    await expect(open(`keys/${kind.name}`)).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: expect.stringContaining(found) as string,
      remedy: expect.stringContaining(
        `az keyvault key create --vault-name contoso --name ${kind.name}-p256 --kty EC --curve P-256`,
      ) as string,
    });
  });

  it.each([
    ['an RSA key of 1024 bits', { kty: 'RSA', n: `${'-'.repeat(170)}8`, e: 'AQAB' }],
    ['a key of type oct', { kty: 'oct' }],
  ])('is refused before use: %s', async (found, material) => {
    const kid = `${vaultUrl}/keys/odd/0123456789abcdef0123456789abcdef`;
    await emulated.control.failNext({
      target: '/keys/odd',
      status: 401,
      headers: await challenge(),
    });
    await emulated.control.failNext({
      target: '/keys/odd',
      status: 200,
      body: { key: { ...material, kid, key_ops: ['sign'] }, attributes: { enabled: true } },
    });
    await expect(open('keys/odd')).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: expect.stringContaining(found) as string,
    });
  });

  it('is refused when its operations leave out sign', async () => {
    await emulated.control.createKey({ vault, name: 'verify-only', kty: 'EC', ops: ['verify'] });
    await expect(open('keys/verify-only')).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: expect.stringContaining('key_ops: verify') as string,
      remedy: expect.stringContaining('--ops sign verify') as string,
    });
  });

  it.each([
    { name: 'off', enabled: false, why: 'it is disabled' },
    { name: 'old', expires: 1_700_000_000, why: 'it expired on 2023-11-14' },
    { name: 'young', notBefore: 4_000_000_000, why: 'it is not valid before 2096-10-02' },
  ])('is refused while out of force: $name', async ({ why, ...attributes }) => {
    await emulated.control.createKey({ vault, kty: 'EC', ...attributes });
    await expect(open(`keys/${attributes.name}`)).rejects.toMatchObject({
      code: 'KEY_DISABLED',
      message: expect.stringContaining(why) as string,
    });
  });

  it('is refused when it is disabled between opening and signing', async () => {
    await emulated.control.createKey({ vault, name: 'going', kty: 'EC' });
    const key = await open('keys/going');
    await emulated.control.setKeyAttributes({ vault, name: 'going', enabled: false });
    await expect(proveSigner(key)).rejects.toMatchObject({ code: 'KEY_DISABLED' });
  });

  it('is reported when it does not exist or was deleted, with the way to recover it', async () => {
    await emulated.control.createKey({ vault, name: 'deleted', kty: 'EC' });
    await emulated.control.softDeleteKey(vault, 'deleted');
    for (const name of ['deleted', 'never']) {
      await expect(open(`keys/${name}`)).rejects.toMatchObject({
        code: 'KEY_NOT_FOUND',
        message: `${vaultUrl}/keys/${name} does not exist`,
        remedy: expect.stringContaining(
          `az keyvault key recover --vault-name contoso --name ${name}`,
        ) as string,
      });
    }
  });

  it('is refused when the vault answers with another key, vault or no version', async () => {
    const { jwk } = await emulated.control.createKey({ vault, name: 'elsewhere', kty: 'EC' });
    for (const kid of [
      `https://other.vault.azure.net/keys/elsewhere/0123456789abcdef0123456789abcdef`,
      `${vaultUrl}/keys/elsewhere`,
      `${vaultUrl}/keys/other/0123456789abcdef0123456789abcdef`,
    ]) {
      const target = '/keys/elsewhere';
      await emulated.control.failNext({ target, status: 401, headers: await challenge() });
      await emulated.control.failNext({ target, status: 200, body: { key: { ...jwk, kid } } });
      await expect(open('keys/elsewhere')).rejects.toMatchObject({ code: 'VAULT_FAILED' });
    }
  });
});

describe('a token that was revoked, or is used from another network', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1790000000"}}}';

  it('is replaced by one with the claims that the vault wants', async () => {
    await emulated.control.createKey({ vault, name: 'evaluated', kty: 'EC' });
    const asked: (string | undefined)[] = [];
    const credential: TokenCredential = {
      getToken: (scopes, options) => {
        asked.push(options?.claims);
        return emulated.credential.getToken(scopes, options);
      },
    };
    const { tenantId } = await emulated.control.describe();
    const authorization = `https://login.microsoftonline.com/${tenantId}`;
    const wanted = Buffer.from(claims).toString('base64');
    await emulated.control.failNext({
      target: '/keys/evaluated',
      status: 401,
      headers: {
        'www-authenticate': `Bearer authorization="${authorization}", error="insufficient_claims", claims="${wanted}"`,
      },
    });
    await proveSigner(await openVaultKey(reference('keys/evaluated'), credential));
    expect(asked.filter((one) => one !== undefined)).toEqual([claims]);
  });
});

describe('a certificate in Key Vault', () => {
  it.each(['EC', 'RSA'] as const)('signs with its key and brings its PEM: %s', async (kty) => {
    const name = `certificate-${kty.toLowerCase()}`;
    const made = await emulated.control.createCertificate({ vault, name, kty });
    const key = await open(`certificates/${name}`);
    expect(key.kid).toBe(made.kid);
    await proveSigner(key);
    const certificate = new X509Certificate(key.certificatePem ?? '');
    expect(certificate.raw.toString('base64')).toBe(made.cer);
    const version = made.id.split('/').at(-1) ?? '';
    expect((await open(`certificates/${name}/${version}`)).keyId).toBe(key.keyId);
  });

  it.each([
    { name: 'expired-certificate', expires: 1_700_000_000 },
    { name: 'disabled-certificate', enabled: false },
  ])('is refused out of force: $name', async (options) => {
    await emulated.control.createCertificate({ vault, ...options });
    await expect(open(`certificates/${options.name}`)).rejects.toMatchObject({
      code: 'KEY_DISABLED',
    });
  });

  it('is reported when it does not exist', async () => {
    await expect(open('certificates/never')).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      remedy: expect.stringContaining('az keyvault certificate') as string,
    });
  });
});

/** The challenge of the vault, for faults that take the place of its answers. */
async function challenge(): Promise<Record<string, string>> {
  const { tenantId } = await emulated.control.describe();
  const authorization = `https://login.microsoftonline.com/${tenantId}`;
  return {
    'www-authenticate': `Bearer authorization="${authorization}", resource="https://vault.azure.net"`,
  };
}
