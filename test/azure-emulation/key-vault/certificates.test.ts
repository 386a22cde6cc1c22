import { X509Certificate, createHash, createPrivateKey, verify } from 'node:crypto';

import { CertificateClient } from '@azure/keyvault-certificates';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';
import { refusalOf, vaultFor } from './vault-client.js';

const roles = ['Key Vault Certificate User', 'Key Vault Crypto User'];
// Large RSA keys take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

describe('a certificate in a vault', () => {
  it('is a key and a secret of the same name and version as well', async () => {
    const vault = await vaultFor(loopback, ...roles);
    const { kid, cer } = await loopback.control.createCertificate({
      vault: vault.name,
      name: 'signer',
      subject: 'CN=demo.azurecr.io/app',
    });
    const certificate = new X509Certificate(Buffer.from(cer, 'base64'));
    expect(certificate.subject).toBe('CN=demo.azurecr.io/app');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    const message = Buffer.from('m');
    const digest = createHash('sha256').update(message).digest();
    const { result } = await vault.crypto(kid).sign('ES256', digest);
    const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', message, key, result)).toBe(true);
    const secret = await vault.secrets.getSecret('signer');
    expect(secret.properties).toMatchObject({ contentType: 'application/x-pem-file' });
    expect(certificate.checkPrivateKey(createPrivateKey(secret.value ?? ''))).toBe(true);
  });

  it('is read and listed by the certificates client', async () => {
    const vault = await vaultFor(loopback, ...roles);
    const target = { vault: vault.name, name: 'signer' };
    const { id, kid, sid, cer } = await loopback.control.createCertificate(target);
    const { agent } = loopback;
    const client = new CertificateClient(vault.vaultUrl, vault.credential, { agent });
    const read = await client.getCertificate('signer');
    expect(read).toMatchObject({ keyId: kid, secretId: sid, policy: { exportable: true } });
    expect(Buffer.from(read.cer ?? []).toString('base64')).toBe(cer);
    const version = read.properties.version ?? '';
    const again = await client.getCertificateVersion('signer', version);
    expect(again.properties.id).toBe(id);
    const names: (string | undefined)[] = [];
    for await (const { name } of client.listPropertiesOfCertificates()) names.push(name);
    expect(names).toEqual(['signer']);
    expect(await refusalOf(client.getCertificate('none'))).toEqual({
      status: 404,
      code: 'CertificateNotFound',
    });
  });

  it('keeps its private key when it is not exportable', async () => {
    const vault = await vaultFor(loopback, ...roles);
    const target = { vault: vault.name, name: 'signer' };
    await loopback.control.createCertificate({ ...target, exportable: false });
    const { value } = await vault.secrets.getSecret('signer');
    expect(value).toContain('BEGIN CERTIFICATE');
    expect(value).not.toContain('PRIVATE KEY');
    const hsm = { ...target, name: 'other', hsm: true, exportable: true };
    await expect(loopback.control.createCertificate(hsm)).rejects.toThrow(/never exportable/);
  });

  it('comes as PKCS#12 when its policy says so', async () => {
    const vault = await vaultFor(loopback, ...roles);
    const contentType = 'application/x-pkcs12';
    await loopback.control.createCertificate({
      vault: vault.name,
      name: 'signer',
      kty: 'RSA',
      contentType,
    });
    const secret = await vault.secrets.getSecret('signer');
    expect(secret.properties.contentType).toBe(contentType);
    // A PFX begins with an ASN.1 SEQUENCE that holds version 3.
    expect(Buffer.from(secret.value ?? '', 'base64').subarray(4, 7)).toEqual(Buffer.of(2, 1, 3));
  });

  it('stops working, key and secret included, once it has expired', async () => {
    const vault = await vaultFor(loopback, ...roles);
    const expires = Math.floor(Date.now() / 1000) - 60;
    const target = { vault: vault.name, name: 'signer', expires };
    await loopback.control.createCertificate(target);
    expect(await refusalOf(vault.secrets.getSecret('signer'))).toMatchObject({
      status: 403,
      inner: 'SecretExpired',
    });
  });
});
