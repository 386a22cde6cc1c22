import { generateKeyPairSync, X509Certificate } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createMemorySigner, createRootCertificate } from '../../src/signing/index.js';
import {
  canonicalKeyIdOf,
  certificatesOf,
  decodeCertificates,
  rootCertificateFlaw,
  type PublicKey,
} from '../../src/trust/metadata/index.js';
import type { Signer } from '../../src/trust/signer.js';

const gun = 'contoso.azurecr.io/team/app_1';
const now = new Date('2026-11-23T12:00:00.789Z');
const ecdsa = createMemorySigner(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'ECDSA key',
);
const rsa = createMemorySigner(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  'RSA key',
);

function textOf(key: PublicKey): string {
  return Buffer.from(key.keyval.public, 'base64').toString('latin1');
}

function der(key: PublicKey): Buffer {
  return decodeCertificates(textOf(key))[0];
}

describe.each([
  ['ecdsa-x509', ecdsa],
  ['rsa-x509', rsa],
] as const)('a root certificate of type %s', (type, signer) => {
  it('is what Notary asks of a root key', async () => {
    const key = await createRootCertificate(gun, signer, now);
    expect(key.keytype).toBe(type);
    expect(rootCertificateFlaw(key, { gun, now })).toBeUndefined();
    expect(canonicalKeyIdOf(key)).toBe(signer.keyId);
  });

  it('is read by OpenSSL through Node, and its own signature verifies', async () => {
    const certificate = new X509Certificate(textOf(await createRootCertificate(gun, signer, now)));
    expect(certificate.subject).toBe(`CN=${gun}`);
    expect(certificate.issuer).toBe(certificate.subject);
    expect(certificate.ca).toBe(false);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(new Date(certificate.validFrom).toISOString()).toBe('2026-11-23T12:00:00.000Z');
    expect(new Date(certificate.validTo).toISOString()).toBe('2036-11-20T12:00:00.000Z');
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    const spki = certificate.publicKey.export({ format: 'der', type: 'spki' });
    expect(spki.toString('base64')).toBe(signer.publicKey.keyval.public);
  });

  it('differs each time, so that it must be kept and not made again', async () => {
    const first = await createRootCertificate(gun, signer, now);
    const second = await createRootCertificate(gun, signer, now);
    expect(second.keyval.public).not.toBe(first.keyval.public);
  });
});

describe('the bytes of a root certificate', () => {
  it('carry exactly the extensions of notary, in its order', async () => {
    const bytes = der(await createRootCertificate(gun, ecdsa, now));
    const expected =
      '300e0603551d0f0101ff0404030205a0' + // keyUsage, critical: digitalSignature, keyEncipherment
      '30130603551d25040c300a06082b06010505070303' + // extKeyUsage: codeSigning
      '300c0603551d130101ff04023000'; // basicConstraints, critical: empty
    expect(bytes.toString('hex')).toContain(`a3353033${expected}`);
  });

  it('keep a name longer than the 64 characters OpenSSL would allow', async () => {
    const long = `contoso.azurecr.io/${'deep/'.repeat(30)}app`;
    const key = await createRootCertificate(long, ecdsa, now);
    expect(certificatesOf(key)[0].commonName).toBe(long);
  });

  it.each([
    [`${'00'.repeat(31)}01`, 'ff'.repeat(32), `3026020101022100${'ff'.repeat(32)}`],
    [
      `00ff${'11'.repeat(30)}`,
      '7f'.repeat(32),
      `3044022000ff${'11'.repeat(30)}0220${'7f'.repeat(32)}`,
    ],
  ])('encode r and s in their shortest form, whatever their first bits', async (r, s, encoded) => {
    const signer: Signer = { ...ecdsa, sign: () => Promise.resolve(Buffer.from(r + s, 'hex')) };
    const bytes = der(await createRootCertificate(gun, signer, now));
    expect(bytes.toString('hex').endsWith(encoded)).toBe(true);
  });

  it('cannot be made with an Ed25519 key, for which Notary has no x509 type', async () => {
    const key = createMemorySigner(generateKeyPairSync('ed25519').privateKey, 'Ed25519 key');
    await expect(createRootCertificate(gun, key, now)).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
    });
  });
});
