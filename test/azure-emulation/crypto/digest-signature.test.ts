import { constants, createHash, generateKeyPairSync, sign } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { signDigest, signatureAlgorithms, verifyDigest } from './digest-signature.js';
import type { SignatureAlgorithm } from './digest-signature.js';

const message = Buffer.from('message');
const digest = createHash('sha256').update(message).digest();
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

function algorithm(name: string): SignatureAlgorithm {
  const found = signatureAlgorithms[name];
  if (found === undefined) throw new Error(`no algorithm ${name}`);
  return found;
}

describe('signatures that node made', () => {
  it.each([
    ['ES256', sign('sha256', message, { key: ec, dsaEncoding: 'ieee-p1363' }), ec],
    ['RS256', sign('sha256', message, rsa), rsa],
    [
      'PS256',
      sign('sha256', message, {
        key: rsa,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
      rsa,
    ],
  ])('pass the check for %s, and no other check', (name, signature, key) => {
    expect(verifyDigest(key, algorithm(name), digest, signature)).toBe(true);
    const other = createHash('sha256').update('other').digest();
    expect(verifyDigest(key, algorithm(name), other, signature)).toBe(false);
    const wrong = name === 'PS256' ? 'RS256' : 'PS256';
    expect(verifyDigest(rsa, algorithm(wrong), digest, signature)).toBe(false);
  });
});

describe('a PSS salt of another length', () => {
  it('is refused, as Notary refuses it', () => {
    const signature = sign('sha256', message, {
      key: rsa,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 20,
    });
    expect(verifyDigest(rsa, algorithm('PS256'), digest, signature)).toBe(false);
  });
});

describe('two signatures over one digest', () => {
  it('differ under PSS, whose salt is random', () => {
    const [one, two] = [1, 2].map(() => signDigest(rsa, algorithm('PS256'), digest));
    expect(one).not.toEqual(two);
  });
});

describe('bytes that are no signature', () => {
  it.each(['ES256', 'RS256', 'PS256'])('are refused for %s without an exception', (name) => {
    const key = name.startsWith('ES') ? ec : rsa;
    for (const length of [0, 63, 64, 255, 256]) {
      expect(verifyDigest(key, algorithm(name), digest, Buffer.alloc(length, 0xff))).toBe(false);
    }
  });
});
