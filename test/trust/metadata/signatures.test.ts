import { constants, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalKeyIdOf,
  keyIdOf,
  keyObjectOf,
  MetadataError,
  publicKeyFromSpki,
  rawKeyOf,
  readPublicKey,
  verifySignature,
} from '../../../src/trust/metadata/index.js';
import {
  ecdsaKey,
  ed25519Key,
  makeCertificate,
  rsaKey,
  withCertificates,
  withPublicKey,
  type TestKey,
} from '../test-keys.js';

const message = Buffer.from('{"_type":"Targets"}');

function verifies(key: TestKey, signature: Uint8Array, method: string = key.method): boolean {
  return verifySignature(key.publicKey, method, message, signature);
}

const certified = (key: TestKey): TestKey =>
  withCertificates(key, [makeCertificate(key, { commonName: 'x' })]);
const rsa = rsaKey();

const usable: readonly (readonly [string, TestKey])[] = [
  ['ecdsa P-224', ecdsaKey('P-224')],
  ['ecdsa P-256', ecdsaKey('P-256')],
  ['ecdsa P-384', ecdsaKey('P-384')],
  ['ecdsa P-521', ecdsaKey('P-521')],
  ['ecdsa-x509', certified(ecdsaKey())],
  ['rsapss', rsa],
  ['rsapkcs1v15', rsaKey(2048, 'rsapkcs1v15')],
  ['rsa-x509', certified(rsa)],
  ['eddsa', ed25519Key()],
];

describe.each(usable)('a signature by %s', (_name, key) => {
  const signature = key.sign(message);

  it('verifies, whatever the case of the method', () => {
    expect(verifies(key, signature)).toBe(true);
    expect(verifies(key, signature, key.method.toUpperCase())).toBe(true);
  });

  it('does not verify after any bit of it or of the message changed', () => {
    const flip = (bytes: Buffer, bit: number): Buffer => {
      const copy = Buffer.from(bytes);
      const at = Math.floor(bit / 8) % copy.length;
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit % 8)), at);
      return copy;
    };
    fc.assert(
      fc.property(fc.nat(), (bit) => {
        expect(verifies(key, flip(signature, bit))).toBe(false);
        const other = flip(message, bit);
        expect(verifySignature(key.publicKey, key.method, other, signature)).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it('does not verify under another method, length or key', () => {
    for (const method of ['ecdsa', 'rsapss', 'rsapkcs1v15', 'eddsa', 'none', 'constructor', '']) {
      if (method !== key.method) expect(verifies(key, signature, method)).toBe(false);
    }
    expect(verifies(key, signature.subarray(1))).toBe(false);
    expect(verifies(key, Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
    expect(verifies(key, Buffer.alloc(0))).toBe(false);
    expect(verifies(ecdsaKey(), signature)).toBe(false);
  });
});

describe('signatures that Notary refuses', () => {
  it('are ECDSA in DER', () => {
    const key = ecdsaKey();
    expect(verifies(key, sign('sha256', message, key.privateKey))).toBe(false);
  });

  it('are ECDSA over another hash than SHA-256', () => {
    const key = ecdsaKey('P-384');
    const dsaEncoding = 'ieee-p1363';
    const signature = sign('sha384', message, { key: key.privateKey, dsaEncoding });
    expect(verifies(key, signature)).toBe(false);
  });

  it('are on secp256k1', () => {
    const key = ecdsaKey('secp256k1');
    expect(verifies(key, key.sign(message))).toBe(false);
  });

  it.each([0, 20, 48, 222])('are RSA-PSS with a salt of %i bytes', (saltLength) => {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signature = sign('sha256', message, { key: rsa.privateKey, padding, saltLength });
    expect(verifies(rsa, signature)).toBe(false);
  });

  it('are RSA-PSS without the zero byte that they begin with', () => {
    let signature = rsa.sign(message);
    while (signature[0] !== 0) signature = rsa.sign(message);
    expect(verifies(rsa, signature)).toBe(true);
    expect(verifies(rsa, signature.subarray(1))).toBe(false);
  });

  it('are by RSA keys below 2048 bits', () => {
    const short = rsaKey(1024);
    expect(verifies(short, short.sign(message))).toBe(false);
    expect(verifies(certified(short), short.sign(message))).toBe(false);
  });

  it('are by keys whose bytes are not of the stated type', () => {
    const key = ecdsaKey();
    const signature = key.sign(message);
    for (const keytype of ['rsa', 'ed25519', 'ecdsa-x509', 'rsa-x509', 'other']) {
      const wrong = withPublicKey(key, { ...key.publicKey, keytype });
      expect(verifies(wrong, signature)).toBe(false);
      expect(verifies(wrong, signature, 'eddsa')).toBe(false);
      expect(verifies(wrong, signature, 'rsapss')).toBe(false);
    }
    const broken = { keytype: 'ecdsa', keyval: { private: null, public: '???' } };
    expect(verifySignature(broken, 'ecdsa', message, signature)).toBe(false);
  });
});

describe('key IDs', () => {
  it('do not depend on how a key endpoint orders its fields', () => {
    const answer = {
      keytype: 'ed25519',
      keyval: { public: '2m2xQ7OVAJES2qbV4zLQGPaCbBh1i9mMkgF3qEhSWCk=', private: null },
    };
    // Recorded: the first trusted push lists this server key under this ID.
    expect(keyIdOf(readPublicKey(answer, 'key'))).toMatch(/^678d7c66/);
  });

  it('of certificates differ from the canonical ID, which is that of the raw key', () => {
    for (const key of [ecdsaKey(), rsa]) {
      const wrapped = certified(key);
      expect(wrapped.keyId).not.toBe(key.keyId);
      expect(canonicalKeyIdOf(wrapped.publicKey)).toBe(key.keyId);
      expect(rawKeyOf(wrapped.publicKey)).toEqual(key.publicKey);
      expect(canonicalKeyIdOf(key.publicKey)).toBe(key.keyId);
    }
  });

  it('come from SPKI of the three usable kinds only', () => {
    for (const [, key] of usable) {
      const model = publicKeyFromSpki(key.spki);
      expect(canonicalKeyIdOf(model)).toBe(key.canonicalId);
      expect(keyObjectOf(model).export({ type: 'spki', format: 'der' })).toEqual(key.spki);
    }
    expect(() => publicKeyFromSpki(Buffer.from('junk'))).toThrow(MetadataError);
  });

  it.each([
    [null, /key is null, not an object/],
    [{ keytype: 'ecdsa' }, /key.keyval is missing/],
    [{ keytype: 1, keyval: { public: '' } }, /key.keytype is a number/],
    [{ keytype: 'ecdsa', keyval: { public: 'a_-=' } }, /not standard padded base64/],
    [{ keytype: 'ecdsa', keyval: { public: 'QQ==', private: 'QQ==' } }, /holds a private key/],
  ])('are not given to %j', (value, rule) => {
    expect(() => readPublicKey(value, 'key')).toThrow(rule);
  });
});
