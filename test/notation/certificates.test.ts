import 'reflect-metadata';
import fc from 'fast-check';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
} from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { isTrustError, type TrustError } from '../../src/errors.js';
import {
  comparable,
  parseName,
  readCertificate,
  readDer,
} from '../../src/notation/certificates/index.js';
import { prepareSigningChain, RuleError } from '../../src/notation/index.js';
import { recordedAt } from './corpus.js';
import {
  goodUsage,
  makeChain,
  makeSelfSigned,
  portalExtensions,
  type LeafOptions,
  type MadeChain,
} from './make-chain.js';

function prepare(
  { chain: [leaf = Buffer.alloc(0), ...others] }: Pick<MadeChain, 'chain'>,
  given: readonly Buffer[] = others,
) {
  return prepareSigningChain('https://v.vault.azure.net/certificates/c', leaf, given, recordedAt);
}

function refusal(body: () => unknown): TrustError {
  try {
    body();
  } catch (error) {
    if (isTrustError(error, 'CERTIFICATE_UNSUITABLE')) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the chain that is to sign', () => {
  let made: MadeChain;

  beforeAll(async () => {
    made = await makeChain();
  });

  it('is put in order, whatever the order it comes in and whatever else comes along', async () => {
    const [, issuing = Buffer.alloc(0), root = Buffer.alloc(0)] = made.chain;
    const stranger = await makeSelfSigned();
    const { chain, algorithm } = prepare(made, [root, ...stranger.chain, issuing]);
    expect(chain.map(({ der }) => der)).toEqual(made.chain);
    expect(algorithm.name).toBe('ES256');
  });

  it('may be one self-signed certificate', async () => {
    expect(prepare(await makeSelfSigned(), []).chain).toHaveLength(1);
  });

  it.each([
    ['intermediate', 1, 'CN=signer'],
    ['root', 2, 'CN=Issuing'],
  ])('is refused without its %s', (_, index, below) => {
    const given = made.chain.filter((der, at) => at > 0 && der !== made.chain[index]);
    const { message, remedy } = refusal(() => prepare(made, given));
    expect(message).toContain('is incomplete: nothing given issued');
    expect(message).toContain(below);
    expect(remedy).toContain('certificate-chain');
  });

  it('is refused by name of the lines of the portal’s default policy', async () => {
    const portal = await makeSelfSigned({ extensions: portalExtensions });
    const { message, remedy } = refusal(() => prepare(portal));
    expect(message).toContain('its key usage allows keyEncipherment');
    expect(remedy).toContain('- "keyUsage" has "keyEncipherment"');
    expect(remedy).toContain('- "ekus" has 1.3.6.1.5.5.7.3.1 (serverAuth)');
    expect(remedy).toContain('- "ekus" has 1.3.6.1.5.5.7.3.2 (clientAuth)');
    expect(remedy).toContain('"ekus":["1.3.6.1.5.5.7.3.3"],"keyUsage":["digitalSignature"]');
  });

  const usage = (flags: KeyUsageFlags, critical = true) => [
    new KeyUsagesExtension(flags, critical),
  ];
  const purpose = (...ids: string[]) => [goodUsage, new ExtendedKeyUsageExtension(ids)];
  it.each<readonly [string, LeafOptions, string]>([
    ['without ST', { subject: 'CN=signer,O=ACME,C=US' }, 'it has no ST'],
    ['with two OU', { subject: 'CN=x,OU=a,OU=b,O=A,ST=W,C=US' }, 'it has OU twice'],
    ['that has expired', { notAfter: new Date('2026-01-01T00:00:00Z') }, 'expired on 2026-01-01'],
    ['of the future', { notBefore: new Date('2050-01-01T00:00:00Z') }, 'is not valid before 2050'],
    ['without key usage', { extensions: [] }, 'it has no key usage'],
    [
      'for two kinds of signatures',
      { extensions: usage(KeyUsageFlags.digitalSignature | KeyUsageFlags.cRLSign) },
      'allows cRLSign',
    ],
    [
      'with a usage that is not critical',
      { extensions: usage(KeyUsageFlags.digitalSignature, false) },
      'its key usage is not critical',
    ],
    ['for mail', { extensions: purpose('1.3.6.1.5.5.7.3.4') }, 'allows emailProtection'],
    ['for everything', { extensions: purpose('2.5.29.37.0') }, 'allows any'],
    [
      'of a CA',
      { extensions: [goodUsage, new BasicConstraintsExtension(true, undefined, true)] },
      'it is a CA certificate',
    ],
  ])('is refused with a leaf %s', async (_, options, words) => {
    const chain = await makeChain(options);
    const { message } = refusal(() => prepare(chain));
    expect(message).toContain(words);
    expect(message).toContain('https://v.vault.azure.net/certificates/c');
  });

  it.each<readonly [string, LeafOptions]>([
    ['for code', { extensions: purpose('1.3.6.1.5.5.7.3.3') }],
    ['for a purpose of one’s own', { extensions: purpose('1.3.6.1.4.1.99999.1') }],
    [
      'that commits to contents',
      { extensions: usage(KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation) },
    ],
    [
      'that says it is no CA',
      { extensions: [goodUsage, new BasicConstraintsExtension(false, undefined, true)] },
    ],
  ])('may have a leaf %s', async (_, options) => {
    expect(prepare(await makeChain(options)).chain).toHaveLength(3);
  });
});

describe('a certificate', () => {
  let der: Buffer;

  beforeAll(async () => {
    der = (await makeSelfSigned({ subject: 'CN=Größe\\, Köln,O=ACME,ST=NW,C=DE' })).chain[0] ?? der;
  });

  it('is read with its names', () => {
    const { subject, subjectText } = readCertificate(der);
    expect(comparable(subject).get('CN')).toBe('Größe, Köln');
    expect(subjectText).toContain('CN=Größe\\, Köln');
  });

  it('has nothing after it', () => {
    expect(() => readCertificate(Buffer.concat([der, Buffer.alloc(1)]))).toThrow(RuleError);
  });

  it('fails with a rule for whatever is wrong with it', () => {
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(der);
        altered[at] = (altered[at] ?? 0) ^ change;
        try {
          readCertificate(altered);
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError);
        }
        expect(() => readCertificate(der.subarray(0, at))).toThrow(RuleError);
      }),
    );
  });
});

describe('DER', () => {
  it.each([
    ['nothing', ''],
    ['a header alone', '30'],
    ['a length without its bytes', '3082'],
    ['a content that is cut off', '300502'],
    ['bytes after the end', '050000'],
    ['an indefinite length', '30800000'],
    ['a length in too many bytes', '30810105'],
    ['a large tag number', '1f8101'],
    ['a boolean of another value', '010101'],
    ['an integer without bytes', '0200'],
    ['a padded integer', '02020001'],
    ['a padded negative integer', '0202ff80'],
    ['a flaw below', '3003020001'],
    ['levels without end', '308030803080'],
  ])('is not %s', (_, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'), 'it')).toThrow(RuleError);
  });

  it('has a bounded depth', () => {
    let value = Buffer.from('0500', 'hex');
    for (let level = 0; level < 70; level += 1) {
      const length = value.length < 128 ? [value.length] : [0x81, value.length];
      value = Buffer.concat([Buffer.from([0x30, ...length]), value]);
    }
    expect(() => readDer(value, 'it')).toThrow('more than 64 levels');
  });

  it('is never anything but read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          expect(readDer(bytes, 'it').raw).toHaveLength(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError);
        }
      }),
    );
  });
});

describe('a name in a policy', () => {
  it.each([
    ['C=US,ST=WA,O=ACME', { C: 'US', ST: 'WA', O: 'ACME' }],
    ['  O = ACME , S=WA,C=US ', { O: 'ACME', ST: 'WA', C: 'US' }],
    ['C=US,ST=WA,O=ACME\\, Inc.', { C: 'US', ST: 'WA', O: 'ACME, Inc.' }],
    ['C=DE,ST=NW,O=K\\C3\\B6ln', { C: 'DE', ST: 'NW', O: 'Köln' }],
    ['C=US,ST=WA,O=a=b', { C: 'US', ST: 'WA', O: 'a=b' }],
    ['C=US,ST=WA,O=A\\ ', { C: 'US', ST: 'WA', O: 'A ' }],
    ['C=US,ST=WA,O=A\\\\ ', { C: 'US', ST: 'WA', O: 'A\\' }],
  ])('is read: %s', (text, attributes) => {
    expect(Object.fromEntries(parseName(text))).toEqual(attributes);
  });

  it.each([
    '',
    'C=US',
    'C=US,ST=WA',
    'C=US,ST=WA,O=',
    'C=US,ST=WA,O=A,',
    'C=US,ST=WA,O=A+CN=b',
    'C=US,ST=WA,O=A,O=B',
    'C=US,ST=WA,S=WA,O=A',
    'C=US,ST=WA,O=#0401',
    'C=US;ST=WA;O=A',
    'C=US,ST=WA,O="A"',
    'C=US,ST=WA,O=A,1.2.3=b',
    'C=US,ST=WA,O=A\\',
    'c=US,ST=WA,O=A',
  ])('is refused: %s', (text) => {
    expect(() => parseName(text)).toThrow(RuleError);
  });

  it('gives back any value that is escaped', () => {
    const escaped = (value: string): string =>
      [...Buffer.from(value)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    const texts = fc.string({ unit: 'binary', minLength: 1 });
    const whole = texts.filter((text) => !/\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(whole, (value) => {
        expect(parseName(`C=US,ST=WA,O=${escaped(value)}`).get('O')).toBe(value);
      }),
    );
  });
});
