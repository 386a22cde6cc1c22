import { createPublicKey, generateKeyPairSync } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { TrustError } from '../../src/errors.js';
import { createMemorySigner, probeMessage, proveSigner } from '../../src/signing/index.js';
import { verifySignature } from '../../src/trust/metadata/index.js';

const keys = {
  ecdsa: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  rsapss: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  eddsa: generateKeyPairSync('ed25519').privateKey,
};
const signer = createMemorySigner(keys.ecdsa, 'key in file /keys/app.key');

describe('a signer in memory', () => {
  it.each(Object.entries(keys))(
    'signs with method %s as Notary verifies it',
    async (method, key) => {
      const made = createMemorySigner(key, 'test key');
      expect(made.method).toBe(method);
      const message = Buffer.from('{"_type":"Targets"}');
      const signature = await made.sign(message);
      expect(verifySignature(made.publicKey, method, message, signature)).toBe(true);
    },
  );

  it('refuses a public key and a key Notary cannot use', () => {
    const code = expect.objectContaining({ code: 'KEY_UNSUITABLE' }) as Error;
    expect(() => createMemorySigner(createPublicKey(keys.ecdsa), 'half key')).toThrow(code);
    const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
    expect(() => createMemorySigner(p521, 'P-521 key')).toThrow(code);
  });
});

describe('the proof of a signer', () => {
  it.each(Object.values(keys))('passes for a sound key', async (key) => {
    await expect(proveSigner(createMemorySigner(key, 'test key'))).resolves.toBeUndefined();
  });

  it('fails when another key signs', async () => {
    const other = createMemorySigner(
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      'other key',
    );
    const mixed = { ...signer, sign: (message: Uint8Array) => other.sign(message) };
    await expect(proveSigner(mixed)).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
      message: expect.stringContaining('key in file /keys/app.key') as string,
    });
  });

  it('fails when the key ID is not that of the public key', async () => {
    await expect(proveSigner({ ...signer, keyId: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'KEY_UNSUITABLE',
    });
  });

  it('keeps what the signer itself said', async () => {
    const refusal = new TrustError('VAULT_FORBIDDEN', 'no', { remedy: 'ask' });
    const failing = { ...signer, sign: () => Promise.reject(refusal) };
    await expect(proveSigner(failing)).rejects.toBe(refusal);
    const broken = { ...signer, sign: () => Promise.reject(new Error('boom')) };
    await expect(proveSigner(broken)).rejects.toMatchObject({ code: 'KEY_UNSUITABLE' });
  });

  it('signs bytes that are neither metadata nor a certificate', () => {
    const first = String.fromCharCode(probeMessage[0] ?? 0);
    expect(first).not.toBe('{');
    expect(probeMessage[0]).not.toBe(0x30);
    expect(() => JSON.parse(Buffer.from(probeMessage).toString()) as unknown).toThrow(SyntaxError);
  });
});
