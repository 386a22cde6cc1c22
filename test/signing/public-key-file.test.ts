import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TrustError } from '../../src/errors.js';
import {
  publicKeyOfCertificate,
  readPublicKeyFile,
  type PublicKeyFile,
} from '../../src/signing/index.js';
import { canonicalKeyIdOf, keyIdOf, publicKeyFromCertificates } from '../../src/trust/index.js';
import { ecdsaKey, ed25519Key, makeCertificate, rsaKey, type TestKey } from '../trust/test-keys.js';

const now = new Date('2026-11-23T12:00:00Z');
const context = { source: 'The file ci.pem', now };

const publicHalf = (key: TestKey): KeyObject => createPublicKey(key.privateKey);
const pemOf = (key: TestKey): string =>
  publicHalf(key).export({ type: 'spki', format: 'pem' }).toString();
const certificatePem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
const read = (text: string | Buffer): PublicKeyFile =>
  readPublicKeyFile(Buffer.isBuffer(text) ? text : Buffer.from(text), context);

function refusal(text: string | Buffer): TrustError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

describe('the file of a public key', () => {
  it.each([
    ['ECDSA', ecdsaKey(), 'ecdsa'],
    ['RSA', rsaKey(), 'rsa'],
    ['Ed25519', ed25519Key(), 'ed25519'],
  ])('is read in PEM, in base64 of PEM and in DER: %s', (_, key, keytype) => {
    const der = publicHalf(key).export({ type: 'spki', format: 'der' });
    for (const form of [pemOf(key), Buffer.from(pemOf(key)).toString('base64'), der]) {
      expect(read(form)).toEqual({
        publicKey: key.publicKey,
        keyId: key.keyId,
        role: undefined,
      });
      expect(read(form).publicKey.keytype).toBe(keytype);
    }
  });

  it('may be what "docker trust key generate" writes, which names the signer', () => {
    const key = ecdsaKey();
    const text = pemOf(key).replace('-----\n', '-----\nrole: frank\n\n');
    expect(read(text)).toEqual({ publicKey: key.publicKey, keyId: key.keyId, role: 'frank' });
    expect(read(text.replaceAll('\n', '\r\n')).keyId).toBe(key.keyId);
  });

  it('may be in the older form for RSA', () => {
    const key = rsaKey();
    const pem = publicHalf(key).export({ type: 'pkcs1', format: 'pem' }).toString();
    expect(read(pem).keyId).toBe(key.keyId);
  });

  it('holds no private key, in whatever form, and the refusal does not repeat it', () => {
    const { privateKey } = ecdsaKey();
    const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const forms = [
      plain,
      privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' })
        .toString(),
      plain + pemOf(ecdsaKey()),
    ];
    for (const form of forms) {
      const error = refusal(form);
      expect(error).toMatchObject({
        code: 'KEY_UNSUITABLE',
        message: expect.stringContaining('holds a private key') as string,
        remedy: expect.stringContaining('consider it exposed') as string,
      });
      const body = form.split('\n')[1] ?? '';
      expect(`${error.message} ${error.remedy}`).not.toContain(body);
    }
  });

  it.each([
    ['P-384', pemOf(ecdsaKey('P-384')), /ECDSA key on curve secp384r1/],
    ['secp256k1', pemOf(ecdsaKey('secp256k1')), /ECDSA key on curve secp256k1/],
    ['short RSA', pemOf(rsaKey(1024)), /RSA key of 1024 bits/],
    [
      'X25519',
      generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      /a key of type x25519/,
    ],
    ['two keys', pemOf(ecdsaKey()) + pemOf(ecdsaKey()), /2 keys and certificates/],
    ['nothing', '', /no public key/],
    ['other text', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ci@contoso', /no public key/],
    [
      'another block',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
      /a PEM block "CERTIFICATE REQUEST"/,
    ],
    [
      'a damaged key',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
      /"PUBLIC KEY" is damaged/,
    ],
    [
      'a damaged certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      /certificate cannot be read/,
    ],
    ['other DER', Buffer.from('3003020101', 'hex'), /DER that is neither a key nor a certificate/],
  ])('is refused for %s', (_, text, message) => {
    const error = refusal(text);
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toMatch(message);
    expect(error.message).toContain('The file ci.pem');
  });
});

describe('the file of a certificate', () => {
  it.each([
    ['ECDSA', ecdsaKey(), 'ecdsa-x509'],
    ['RSA', rsaKey(), 'rsa-x509'],
  ])('gives the x509 form of its key, as Notary lists it: %s', (_, key, keytype) => {
    const der = makeCertificate(key, { commonName: 'ci' });
    for (const form of [certificatePem(der), certificatePem(der).replaceAll('\n', '\r\n'), der]) {
      const { publicKey, keyId } = read(form);
      expect(publicKey).toEqual(publicKeyFromCertificates([der]));
      expect(publicKey.keytype).toBe(keytype);
      expect(keyId).toBe(key.keyId);
      expect(canonicalKeyIdOf(publicKey)).toBe(keyId);
      expect(keyIdOf(publicKey)).not.toBe(keyId);
    }
  });

  it('may be a chain, leaf first, of which the leaf counts', () => {
    const [ca, key] = [ecdsaKey(), ecdsaKey()];
    const issuer = makeCertificate(ca, { commonName: 'Contoso CA', isCa: true });
    const leaf = makeCertificate(key, {
      commonName: 'ci',
      issuer: { key: ca, commonName: 'Contoso CA' },
    });
    const chain = certificatePem(leaf) + certificatePem(issuer);
    expect(read(chain).publicKey).toEqual(publicKeyFromCertificates([leaf]));
    const reversed = refusal(certificatePem(issuer) + certificatePem(leaf));
    expect(reversed).toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: expect.stringContaining('not the leaf') as string,
    });
  });

  const key = ecdsaKey();
  it.each([
    ['expired', { notAfter: new Date('2026-11-22T00:00:00Z') }, /it expired on 2026-11-22/],
    ['not valid yet', { notBefore: new Date('2026-12-24T00:00:00Z') }, /not valid before/],
    ['signed with SHA-1', { hash: 'sha1' as const }, /SHA-1 or MD5/],
  ])('is refused when it is %s', (_, options, message) => {
    const der = makeCertificate(key, { commonName: 'ci', ...options });
    const error = refusal(certificatePem(der));
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toMatch(message);
    expect(() => publicKeyOfCertificate(der, context)).toThrow(message);
  });

  it.each([
    ['P-384', ecdsaKey('P-384'), /curve secp384r1/],
    ['a short RSA key', rsaKey(1024), /RSA key of 1024 bits/],
  ])('is refused for %s', (_, weak, message) => {
    const der = makeCertificate(weak, { commonName: 'ci' });
    expect(refusal(certificatePem(der)).message).toMatch(message);
  });

  it('beside a key of its own is refused: which is meant is not clear', () => {
    const der = makeCertificate(key, { commonName: 'ci' });
    expect(refusal(pemOf(key) + certificatePem(der)).message).toMatch(/unclear/);
    expect(refusal(certificatePem(der) + pemOf(key)).message).toMatch(/unclear/);
  });
});
