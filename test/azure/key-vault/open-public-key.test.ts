import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openPublicKey, openVaultKey } from '../../../src/azure/key-vault/index.js';
import { canonicalKeyIdOf } from '../../../src/trust/index.js';
import { startVault, vault, vaultUrl, credentialOf, type EmulatedVault } from './emulated-vault.js';

let emulated: EmulatedVault;
let folder: string;
/** May look at everything, and use nothing. */
let reader: ReturnType<typeof credentialOf>;

beforeAll(async () => {
  emulated = await startVault();
  folder = await mkdtemp(path.join(tmpdir(), 'public-key-'));
  const made = await emulated.control.createServicePrincipal();
  const role = 'Key Vault Reader';
  await emulated.control.assignRole({ principalId: made.objectId, role, scope: emulated.vaultId });
  reader = credentialOf(made);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await emulated.close();
});

const key = (name: string, version?: string) =>
  ({ kind: 'vault-key', vaultUrl, name, version }) as const;
const certificate = (name: string, version?: string) =>
  ({ kind: 'vault-certificate', vaultUrl, name, version }) as const;
const containing = (text: string) => expect.stringContaining(text) as string;

describe("a signer's key in a vault", () => {
  it('is read by who may not sign with it, at its newest version', async () => {
    await emulated.control.createKey({ vault, name: 'ci', kty: 'EC', crv: 'P-256' });
    const { kid } = await emulated.control.createKey({
      vault,
      name: 'ci',
      kty: 'EC',
      crv: 'P-256',
    });
    const opened = await openPublicKey(key('ci'), { credential: reader });
    const version = kid.slice(kid.lastIndexOf('/') + 1);
    expect(opened).toMatchObject({ isNewest: true, reference: { name: 'ci', version } });
    const signer = await openVaultKey(key('ci'), emulated.credential);
    expect(opened).toMatchObject({ publicKey: signer.publicKey, keyId: signer.keyId });
    await expect(
      (await openVaultKey(key('ci'), reader)).sign(Buffer.from('m')),
    ).rejects.toMatchObject({ code: 'VAULT_FORBIDDEN' });
  });

  it('is read at the version that is asked for', async () => {
    const first = await emulated.control.createKey({ vault, name: 'pin', kty: 'EC', crv: 'P-256' });
    await emulated.control.createKey({ vault, name: 'pin', kty: 'EC', crv: 'P-256' });
    const version = first.kid.slice(first.kid.lastIndexOf('/') + 1);
    const opened = await openPublicKey(key('pin', version), { credential: reader });
    expect(opened).toMatchObject({ isNewest: false, reference: { version } });
  });

  it('is told apart from keys that cannot sign', async () => {
    await emulated.control.createKey({ vault, name: 'p384', kty: 'EC', crv: 'P-384' });
    await expect(openPublicKey(key('p384'), { credential: reader })).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: containing('P-384'),
    });
    await expect(openPublicKey(key('none'), { credential: reader })).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
    });
  });

  it('is refused to principals without a role, with the least role that mends it', async () => {
    const { credential } = await emulated.principalWithoutRoles();
    await expect(openPublicKey(key('ci'), { credential })).rejects.toMatchObject({
      code: 'VAULT_FORBIDDEN',
      message: containing('reading the public half of'),
      remedy: containing('"Key Vault Reader"'),
    });
  });

  it('needs a sign-in, and is no secret', async () => {
    await expect(openPublicKey(key('ci'))).rejects.toMatchObject({ code: 'CREDENTIAL_MISSING' });
    const secret = { ...key('ci'), kind: 'vault-secret' } as const;
    await expect(openPublicKey(secret, { credential: reader })).rejects.toMatchObject({
      code: 'KEY_REFERENCE_INVALID',
      remedy: containing('public half'),
    });
  });
});

describe("a signer's certificate in a vault", () => {
  it('becomes an x509 key, whose canonical ID is that of the key that signs', async () => {
    for (const [name, kty] of [
      ['ec', 'EC'],
      ['rsa', 'RSA'],
    ] as const) {
      await emulated.control.createCertificate({ vault, name, kty });
      const opened = await openPublicKey(certificate(name), { credential: reader });
      expect(opened.publicKey.keytype).toBe(kty === 'EC' ? 'ecdsa-x509' : 'rsa-x509');
      expect(opened.isNewest).toBe(true);
      const signer = await openVaultKey(certificate(name), emulated.credential);
      expect(canonicalKeyIdOf(opened.publicKey)).toBe(signer.keyId);
      expect(opened.keyId).toBe(signer.keyId);
      const { version } = opened.reference as { version?: string };
      const again = await openPublicKey(certificate(name, version), { credential: reader });
      expect(again).toEqual({ ...opened, isNewest: false });
    }
  });

  it('is refused when it has expired', async () => {
    const expires = Math.floor(Date.now() / 1000) - 60;
    await emulated.control.createCertificate({ vault, name: 'old', expires });
    await expect(openPublicKey(certificate('old'), { credential: reader })).rejects.toMatchObject({
      code: 'KEY_DISABLED',
    });
  });
});

describe("a signer's key in a file", () => {
  it('is read, and what is no file is refused', async () => {
    const file = path.join(folder, 'ci.pem');
    const { publicKey } = await openPublicKey(key('ci'), { credential: reader });
    const lines = publicKey.keyval.public.match(/.{1,64}/g) ?? [];
    await writeFile(
      file,
      `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`,
    );
    const opened = await openPublicKey({ kind: 'file', path: file });
    expect(opened).toMatchObject({ publicKey, isNewest: false });
    await expect(openPublicKey({ kind: 'file', path: folder })).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
    });
    await expect(
      openPublicKey({ kind: 'file', path: path.join(folder, 'none.pem') }),
    ).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });
});
