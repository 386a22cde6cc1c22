import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { TrustError } from '../../src/errors.js';
import {
  createMemorySigner,
  proveSigner,
  readKeyFile,
  writeDockerKeyFile,
  type KeyFileContext,
} from '../../src/signing/index.js';

interface Fixture {
  readonly file: string;
  readonly keyid: string;
  readonly role: string;
  readonly gun: string | null;
  readonly passphrase: string | null;
}

const folder = new URL('../fixtures/notary/keystore/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
const fixtures = JSON.parse(read('index.json')) as readonly Fixture[];
const plain = read('variant-plain-pkcs8.pem');
const knownId = '2222d19cc59f55f87df86cee166272ca0adf5ccd6a558b8c46916b7483a163e7';

function context(passphrase?: string): KeyFileContext {
  return { source: 'file /keys/app.key', passphrase, passphraseInput: 'signing-key-passphrase' };
}

function idOf(key: KeyObject): string {
  return createMemorySigner(key, 'test key').keyId;
}

function failure(text: string, passphrase?: string): TrustError {
  try {
    readKeyFile(text, context(passphrase));
  } catch (error) {
    if (error instanceof TrustError) return error;
    throw error;
  }
  throw new Error('the key file was accepted');
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

describe('key files that Docker, notary, OpenSSL and Node wrote', () => {
  it.each(fixtures)('opens $file and gets the ID it is filed under', async (fixture) => {
    const opened = readKeyFile(read(fixture.file), context(fixture.passphrase ?? undefined));
    expect(idOf(opened.privateKey)).toBe(fixture.keyid);
    await proveSigner(createMemorySigner(opened.privateKey, 'test key'));
  });

  it.each(fixtures.filter(({ file }) => file.endsWith('.key')))(
    'reads the role and repository of $file',
    (fixture) => {
      const opened = readKeyFile(read(fixture.file), context(fixture.passphrase ?? undefined));
      expect(opened.role).toBe(fixture.role);
      expect(opened.gun).toBe(fixture.gun ?? undefined);
    },
  );

  it.each(fixtures.filter(({ passphrase }) => passphrase !== null))(
    'says that the passphrase of $file is wrong',
    ({ file }) => {
      expect(failure(read(file), 'not the passphrase').code).toBe('KEY_PASSPHRASE_WRONG');
    },
  );

  it.each(fixtures.filter(({ passphrase }) => passphrase !== null))(
    'names the input to set when $file needs a passphrase',
    ({ file }) => {
      for (const passphrase of [undefined, '']) {
        const error = failure(read(file), passphrase);
        expect(error.code).toBe('KEY_PASSPHRASE_MISSING');
        expect(error.remedy).toContain('"signing-key-passphrase"');
      }
    },
  );

  it('tells a wrong passphrase even where the padding happens to be right', () => {
    const text = read('variant-pbes2-sha1-2048.pem');
    for (let attempt = 0; attempt < 600; attempt += 1) {
      expect(failure(text, `wrong ${attempt}`).code).toBe('KEY_PASSPHRASE_WRONG');
    }
  });

  it('ignores a passphrase given for a key that has none', () => {
    expect(idOf(readKeyFile(plain, context('unused')).privateKey)).toBe(knownId);
  });
});

describe('texts as they arrive from files and secrets', () => {
  const encrypted = fixtures.find(({ file }) => file === 'variant-pbes2-sha1-2048.pem');

  it.each([
    ['Windows line ends', plain.replaceAll('\n', '\r\n')],
    ['text around the block', `Bag Attributes\n  friendlyName: x\n${plain}\ntrailing words`],
    ['line breaks lost in a single-line field', plain.replaceAll('\n', ' ')],
    ['base64 of the file', Buffer.from(plain).toString('base64')],
    [
      'a certificate beside it',
      `${plain}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ],
  ])('opens a key with %s', (_what, text) => {
    expect(idOf(readKeyFile(text, context()).privateKey)).toBe(knownId);
  });

  it.each([
    ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['line breaks lost', (text: string) => text.replaceAll('\n', ' ')],
    ['no headers', (text: string) => text.replace(/^(gun|role): .*\n/gm, '')],
  ])('opens an encrypted Docker key with %s', (_what, change) => {
    const text = change(read('variant-pbes2-sha1-2048.pem'));
    const opened = readKeyFile(text, context(encrypted?.passphrase ?? undefined));
    expect(idOf(opened.privateKey)).toBe(knownId);
  });

  it('opens a legacy key that also carries a role header', () => {
    const text = read('variant-legacy-dek-info.pem').replace(
      'Proc-Type',
      'role: targets\nProc-Type',
    );
    const opened = readKeyFile(text, context('targetpass1'));
    expect(idOf(opened.privateKey)).toBe(knownId);
    expect(opened.role).toBe('targets');
  });

  it('opens RSA keys in both plain forms', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs1 = privateKey.export({ format: 'pem', type: 'pkcs1' }).toString();
    expect(idOf(readKeyFile(pkcs1, context()).privateKey)).toBe(idOf(privateKey));
    expect(idOf(readKeyFile(pem(privateKey), context()).privateKey)).toBe(idOf(privateKey));
  });
});

describe('what cannot sign', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it.each([
    ['a public key', ec.publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'public key'],
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'certificate without its private key',
    ],
    [
      'an OpenSSH key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
      'OpenSSH',
    ],
    ['a PKCS#12 file', 'MIIKoAIBAzCCClYGCSqGSIb3DQEHAaCC', 'a PKCS#12 file'],
    ['nothing', '', 'no private key in PEM'],
    ['two keys', plain + pem(ec.privateKey), '2 private keys'],
    [
      'damaged bytes',
      '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\n',
      'damaged',
    ],
    [
      'a P-384 key',
      pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
      'curve secp384r1',
    ],
    [
      'a secp256k1 key',
      pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
      'curve secp256k1',
    ],
    [
      'a short RSA key',
      pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
      'RSA key of 1024 bits',
    ],
    [
      'an RSA-PSS key',
      pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
      'type rsa-pss',
    ],
    ['an X25519 key', pem(generateKeyPairSync('x25519').privateKey), 'type x25519'],
  ])('refuses %s and says what it found', (_what, text, found) => {
    const error = failure(text);
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toContain(found);
    expect(error.message).toContain('file /keys/app.key');
  });

  it('refuses an iteration count that would block the agent', () => {
    const { text } = writeDockerKeyFile(ec.privateKey, { role: 'root', passphrase: 'p' });
    const der = Buffer.from(text.replace(/-----.*-----|role: root/g, ''), 'base64');
    const count = der.indexOf(Buffer.from('02030186a0', 'hex'));
    expect(count).toBeGreaterThan(0);
    der.write('02037fffff', count, 'hex');
    const label = 'ENCRYPTED PRIVATE KEY';
    const patched = `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
    const error = failure(patched, 'p');
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect((error.cause as Error).message).toContain('8388607 iterations');
  });

  it('never repeats the passphrase or the key in an error', () => {
    const error = failure(read('variant-pbes2-sha1-2048.pem'), 'hunter2hunter2');
    expect(`${error.message} ${error.remedy}`).not.toContain('hunter2');
  });
});

describe('key files we write', () => {
  const keys = {
    'ECDSA P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    Ed25519: generateKeyPairSync('ed25519').privateKey,
  };

  it.each(Object.entries(keys))('can be read again: %s', (_name, key) => {
    const gun = 'registry.test/demo/app';
    const written = writeDockerKeyFile(key, { role: 'targets', gun, passphrase: 'pässword 1' });
    expect(written.fileName).toBe(`${idOf(key)}.key`);
    const opened = readKeyFile(written.text, context('pässword 1'));
    expect(opened.privateKey.equals(key)).toBe(true);
    expect(opened).toMatchObject({ role: 'targets', gun });
    expect(failure(written.text, 'password 1').code).toBe('KEY_PASSPHRASE_WRONG');
  });

  it('have the layout of Docker: sorted headers, blank line, 64 columns', () => {
    const { text } = writeDockerKeyFile(keys['ECDSA P-256'], {
      role: 'targets',
      gun: 'registry.test/demo/app',
      passphrase: 'targetpass1',
    });
    const shape = (pemText: string) => pemText.replace(/[A-Za-z0-9+/=]{60,64}\n/g, 'x\n');
    const lines = shape(text).split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '-----BEGIN ENCRYPTED PRIVATE KEY-----',
      'gun: registry.test/demo/app',
      'role: targets',
      '',
    ]);
    expect(text.endsWith('\n-----END ENCRYPTED PRIVATE KEY-----\n')).toBe(true);
  });

  it('leave the PRF field out, because notary derives with HMAC-SHA-1 whatever it says', () => {
    const { text } = writeDockerKeyFile(keys['ECDSA P-256'], { role: 'root', passphrase: 'p' });
    const der = Buffer.from(text.replace(/-----.*-----|role: root/g, ''), 'base64');
    const hmac = Buffer.from('2a864886f70d02', 'hex');
    expect(der.includes(hmac)).toBe(false);
  });

  it('refuse what Docker could not use or would misread', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    const cases: readonly (readonly [() => unknown, string])[] = [
      [() => writeDockerKeyFile(p384, { role: 'root', passphrase: 'p' }), 'KEY_UNSUITABLE'],
      [
        () => writeDockerKeyFile(keys.Ed25519, { role: 'root', passphrase: '' }),
        'KEY_PASSPHRASE_MISSING',
      ],
      [
        () => writeDockerKeyFile(keys.Ed25519, { role: 'a\nb: c', passphrase: 'p' }),
        'INPUT_INVALID',
      ],
    ];
    for (const [write, code] of cases) {
      expect(write).toThrow(expect.objectContaining({ code }) as Error);
    }
  });
});

describe('key files notary 0.7.0 wrote from ours', () => {
  // Written by writeDockerKeyFile, then `notary key passwd`: notary decrypted and encrypted anew.
  it.each([
    ['204f3f8a06d696b8f597132b460ae042bd6f097b9806824c1b50d883f64b99e2', 'rsa', 'reg.test/a/rsa'],
    [
      '849d5f6af77f57e98f32a2f6cc1984a1876e7310d94b96fd815e392029badafc',
      'ed25519',
      'reg.test/a/ed',
    ],
  ])('open here: %s', async (id, type, gun) => {
    const url = new URL(`../fixtures/signing/${id}.key`, import.meta.url);
    const opened = readKeyFile(readFileSync(url, 'utf8'), context('passpass1'));
    expect(opened.privateKey.asymmetricKeyType).toBe(type);
    expect(opened).toMatchObject({ role: 'targets', gun });
    expect(idOf(opened.privateKey)).toBe(id);
    await proveSigner(createMemorySigner(opened.privateKey, 'test key'));
  });
});
