import { X509Certificate, createHash, verify } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { openSigningCertificate, readChainSecret } from '../../../src/azure/key-vault/index.js';
import { credentialOf, startVault, vault, vaultUrl, type EmulatedVault } from './emulated-vault.js';

// Large RSA keys take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
let emulated: EmulatedVault;
/** May read certificates and sign, and neither read keys nor secrets. */
let signer: ReturnType<typeof credentialOf>;

beforeAll(async () => {
  emulated = await startVault();
  const { control, vaultId: scope } = emulated;
  const made = await control.createServicePrincipal();
  for (const role of ['Key Vault Certificate User', 'Key Vault Crypto User']) {
    await control.assignRole({ principalId: made.objectId, role, scope });
  }
  signer = credentialOf(made);
});
afterAll(() => emulated.close());

const certificate = (name: string, version?: string) =>
  ({ kind: 'vault-certificate', vaultUrl, name, version }) as const;
const secret = (name: string) =>
  ({ kind: 'vault-secret', vaultUrl, name, version: undefined }) as const;

describe('a certificate that signs', () => {
  it.each([
    { algorithm: 'ES256', hash: 'sha256', kind: { kty: 'EC', crv: 'P-256' } },
    { algorithm: 'ES384', hash: 'sha384', kind: { kty: 'EC', crv: 'P-384' } },
    { algorithm: 'ES512', hash: 'sha512', kind: { kty: 'EC', crv: 'P-521' } },
    { algorithm: 'PS256', hash: 'sha256', kind: { kty: 'RSA', size: 2048 } },
    { algorithm: 'PS384', hash: 'sha384', kind: { kty: 'RSA', size: 3072 } },
    { algorithm: 'PS512', hash: 'sha512', kind: { kty: 'RSA', size: 4096 } },
  ] as const)('signs with $algorithm by the key of its version', async (one) => {
    const { algorithm, hash, kind } = one;
    const made = await emulated.control.createCertificate({ vault, name: algorithm, ...kind });
    const opened = await openSigningCertificate(certificate(algorithm), signer);
    await emulated.control.createCertificate({ vault, name: algorithm, ...kind });
    expect(Buffer.from(opened.certificate).toString('base64')).toBe(made.cer);
    expect(opened.reference.version).toBe(made.id.slice(made.id.lastIndexOf('/') + 1));
    const message = Buffer.from('what is signed');
    const digest = createHash(hash).update(message).digest();
    const signature = await opened.sign(algorithm, digest);
    const key = new X509Certificate(opened.certificate).publicKey;
    // 6: RSA_PKCS1_PSS_PADDING, -1: a salt as long as the digest.
    const scheme =
      kind.kty === 'EC' ? { dsaEncoding: 'ieee-p1363' as const } : { padding: 6, saltLength: -1 };
    expect(verify(hash, message, { key, ...scheme }, signature)).toBe(true);
  });

  it('that is disabled is refused before anything is signed', async () => {
    await emulated.control.createCertificate({ vault, name: 'off', enabled: false });
    await expect(openSigningCertificate(certificate('off'), signer)).rejects.toMatchObject({
      code: 'KEY_DISABLED',
    });
  });

  it('is told apart from one that does not exist', async () => {
    await expect(openSigningCertificate(certificate('none'), signer)).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
    });
  });
});

describe('a chain in a secret', () => {
  it.each(['application/x-pem-file', 'application/x-pkcs12'] as const)(
    'is read from %s, without its private key',
    async (contentType) => {
      const name = contentType.replaceAll(/[^a-z0-9]/g, '');
      const options = { vault, name, contentType, issuer: 'Unknown', exportable: true } as const;
      const { chain } = await emulated.control.createCertificate(options);
      const masked: string[] = [];
      const read = await readChainSecret(secret(name), emulated.credential, {
        secrets: { mask: (value) => masked.push(value) },
      });
      expect(new Set(read.map((der) => der.toString('base64')))).toEqual(new Set(chain));
      expect(chain).toHaveLength(3);
      expect(masked).toHaveLength(1);
    },
  );

  it('is refused where there is none in it', async () => {
    await emulated.control.setSecret({ vault, name: 'words', value: 'no chain' });
    await expect(
      readChainSecret(secret('words'), emulated.credential, { secrets: { mask: () => undefined } }),
    ).rejects.toMatchObject({ code: 'KEY_UNSUITABLE' });
  });
});
