/** Keys and certificates in the forms in which portals, shells and other programs leave them. */
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { packTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isTrustError, type TrustError } from '../../src/errors.js';
import {
  readCertificates,
  readKeyFile,
  readKeyStore,
  readPublicKeyFile,
} from '../../src/signing/index.js';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const sec1 = privateKey.export({ format: 'pem', type: 'sec1' }).toString();
const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
const passphrase = 'correct horse';

let folder: string;
let certificate: string;
const at = (name: string): string => path.join(folder, name);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'key-text-'));
  writeFileSync(at('ec.pem'), pem, { mode: 0o600 });
  const rsaPem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  writeFileSync(at('rsa.pem'), rsaPem, { mode: 0o600 });
  openssl(
    'req',
    '-new',
    '-x509',
    '-key',
    'ec.pem',
    '-subj',
    '/CN=ci',
    '-days',
    '30',
    '-out',
    'ec.crt',
  );
  certificate = readFileSync(at('ec.crt'), 'utf8');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');
const forms: readonly (readonly [string, (text: string) => string | Buffer])[] = [
  ['as it is', (text) => text],
  ['with Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
  ['with its line ends written out', (text) => text.replaceAll('\n', '\\n')],
  ['with its line ends as a runner escapes them', (text) => text.replaceAll('\n', '%0A')],
  ['with its line ends written out twice', (text) => text.replaceAll('\n', '\\\\n')],
  ['with Windows line ends written out', (text) => text.replaceAll('\n', '\\r\\n')],
  ['with its line ends lost', (text) => text.replaceAll('\n', ' ')],
  ['with nothing in place of its line ends', (text) => text.replaceAll('\n', '')],
  ['indented', (text) => text.replace(/^/gm, '    ')],
  ['with text around it', (text) => `Bag Attributes\n  friendlyName: ci\n${text}\nbye`],
  ['in UTF-16 with a mark', utf16],
  ['in UTF-16 without a mark', (text) => Buffer.from(text, 'utf16le')],
  ['in big-endian UTF-16', (text) => utf16(text).swap16()],
  ['in UTF-8 with a mark', (text) => `\uFEFF${text}`],
  ['in base64', (text) => Buffer.from(text).toString('base64')],
  [
    'in base64 of several lines',
    (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n'),
  ],
  ['in base64 of UTF-16', (text) => utf16(text).toString('base64')],
  ['as a JSON string', (text) => JSON.stringify(text)],
  [
    'in the answer of "az keyvault secret show"',
    (text) => JSON.stringify({ id: 'x', value: text }),
  ],
  ['in quotes', (text) => `'${text}'`],
  ['encoded for a URL', (text) => encodeURIComponent(text)],
  ['in DER', (text) => Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64')],
  ['in base64 of DER', (text) => text.replace(/-----[^-]+-----|\s/g, '')],
  [
    'with headers as Go reads them',
    (text) => text.replace('-----\n', '-----\nMy Header_1: two words\nrole: ci\n\n'),
  ],
];

const context = {
  source: 'the file',
  passphrase: undefined,
  passphraseInput: 'signing-key-passphrase',
};
const same = (a: KeyObject, b: KeyObject): boolean => a.equals(b);

describe.each(forms)('a key %s', (_form, written) => {
  it('is read as a private key, whatever its syntax', () => {
    for (const text of [pem, sec1]) {
      expect(same(readKeyFile(written(text), context).privateKey, privateKey)).toBe(true);
    }
  });

  it('is read as a public key and as a certificate', () => {
    for (const text of [publicPem, certificate]) {
      const bytes = Buffer.from(written(text) as string);
      const { keyId } = readPublicKeyFile(bytes, { source: 'The file', now: new Date() });
      const plain = readPublicKeyFile(Buffer.from(publicPem), { source: '', now: new Date() });
      expect(keyId).toBe(plain.keyId);
    }
    expect(readCertificates(written(certificate))).toHaveLength(1);
  });
});

describe('PKCS#12', () => {
  const makePfx = (...args: string[]): Buffer => {
    openssl('pkcs12', '-export', '-inkey', 'ec.pem', '-in', 'ec.crt', '-out', 'ec.pfx', ...args);
    return readFileSync(at('ec.pfx'));
  };

  it.each([
    ['new encryption', []],
    [
      'the encryption that Key Vault and Windows write',
      ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    ],
    ['no encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE', '-nomac']],
  ] as const)('without a password is read, with %s', (_what, args) => {
    const pfx = makePfx('-passout', 'pass:', ...args);
    for (const content of [pfx, pfx.toString('base64')]) {
      expect(same(readKeyFile(content, context).privateKey, privateKey)).toBe(true);
    }
  });

  it.each([['new'], ['old']])('is opened by its password only (%s encryption)', (age) => {
    const old = age === 'old' ? ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES'] : [];
    const pfx = makePfx('-passout', `pass:${passphrase}`, ...old);
    expect(same(readKeyFile(pfx, { ...context, passphrase }).privateKey, privateKey)).toBe(true);
    expect(refusalOf(pfx).code).toBe('KEY_PASSPHRASE_MISSING');
    expect(refusalOf(pfx, 'wrong').code).toBe('KEY_PASSPHRASE_WRONG');
  });
});

function refusalOf(content: string | Buffer, given?: string): TrustError {
  try {
    readKeyFile(content, { ...context, passphrase: given });
  } catch (error) {
    if (isTrustError(error)) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** Runs the commands of a remedy, on the file that it is given for. */
function carryOut(remedy: string, file: string, suffix = ''): string {
  const commands = remedy
    .split('\n')
    .filter((line) => /^(cp|openssl|ssh-keygen|keytool) /.test(line));
  expect(commands.length).toBeGreaterThan(0);
  for (const [index, command] of commands.entries()) {
    const shell = command
      .replaceAll('<file>', file)
      .replaceAll('<new file>', 'converted')
      .replaceAll('<copy>', 'converted');
    const extra = index === commands.length - 1 ? suffix : '';
    execFileSync('sh', ['-c', `${shell} ${extra}`], { cwd: folder, stdio: 'pipe' });
  }
  return readFileSync(at('converted'), 'utf8');
}

describe('what cannot be read is named, with commands that work on it', () => {
  it.each(['ecdsa', 'rsa'])('a private key of OpenSSH (%s)', (type) => {
    const args = ['-q', '-t', type, '-m', 'RFC4716', '-N', '', '-f', at(`ssh-${type}`)];
    execFileSync('ssh-keygen', args, { stdio: 'pipe' });
    const error = refusalOf(readFileSync(at(`ssh-${type}`), 'utf8'));
    expect(error.message).toContain('a private key in OpenSSH format');
    const converted = carryOut(error.remedy, `ssh-${type}`);
    const key = readKeyFile(converted, context).privateKey;
    const published = readFileSync(at(`ssh-${type}.pub`));
    const read = readPublicKeyFile(published, { source: '', now: new Date() }).publicKey;
    const spki = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
    expect(read.keyval.public).toBe(spki);
  });

  it.each(['PBE-MD5-DES', 'PBE-SHA1-RC2-40'])('a key in an old encryption (%s)', (cipher) => {
    const legacy = [
      '-provider',
      'default',
      '-provider',
      'legacy',
      '-passout',
      `pass:${passphrase}`,
    ];
    openssl('pkcs8', '-topk8', '-v1', cipher, '-in', 'ec.pem', '-out', 'old.key', ...legacy);
    const error = refusalOf(readFileSync(at('old.key'), 'utf8'), passphrase);
    expect(error.message).toContain('an unsupported encryption');
    const pass = `-passin 'pass:${passphrase}' -passout 'pass:${passphrase}'`;
    const converted = carryOut(error.remedy, 'old.key', pass);
    expect(same(readKeyFile(converted, { ...context, passphrase }).privateKey, privateKey)).toBe(
      true,
    );
  });

  it('PKCS#12 in an encryption of long ago', () => {
    openssl(
      'pkcs12',
      '-export',
      '-legacy',
      '-keypbe',
      'PBE-SHA1-RC2-40',
      '-inkey',
      'ec.pem',
      '-in',
      'ec.crt',
      '-out',
      'old.pfx',
      '-passout',
      `pass:${passphrase}`,
    );
    const error = refusalOf(readFileSync(at('old.pfx')), passphrase);
    expect(error.message).toMatch(/a PKCS#12 file .* uses an unsupported encryption/);
    const converted = carryOut(error.remedy, 'old.pfx', `-passin 'pass:${passphrase}'`);
    expect(same(readKeyFile(converted, context).privateKey, privateKey)).toBe(true);
  });

  it.each([
    [
      'a block that was cut off',
      pem.slice(0, 120),
      /"PRIVATE KEY" that is cut off or damaged/,
      /^Copy the whole text/,
    ],
    [
      'a block with other text in it',
      pem.replace('M', '*'),
      /cut off or damaged/,
      /^Copy the whole text/,
    ],
    [
      'a key of PuTTY',
      'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none',
      /a key of PuTTY/,
      /puttygen/,
    ],
    [
      'a PGP key',
      '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nabc\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----',
      /a PGP key/,
      /new key/,
    ],
    ['a JSON Web Key', '{"kty":"EC","crv":"P-256"}', /a JSON Web Key/, /az keyvault key import/],
    ['a page', '<!DOCTYPE html><html></html>', /an HTML page/, /Download the file/],
    ['a URL', 'https://contoso.blob.core.windows.net/keys/ci.pem', /a URL/, /Give the URL/],
    ['a Java key store', Buffer.from('feedfeed00000002', 'hex'), /a Java key store/, /keytool/],
  ] as const)('%s', (_what, content, found, remedy) => {
    const error = refusalOf(content);
    expect(error.code).toBe('KEY_UNSUITABLE');
    expect(error.message).toMatch(found);
    expect(error.remedy).toMatch(remedy);
    expect(`${error.message}${error.remedy}`).not.toContain(pem.split('\n')[1]);
  });
});

describe('a public key of OpenSSH', () => {
  it.each(['ecdsa', 'ed25519', 'rsa'])('is read for a signer (%s)', (type) => {
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', at(`pub-${type}`)]);
    const line = readFileSync(at(`pub-${type}.pub`));
    expect(readPublicKeyFile(line, { source: '', now: new Date() }).keyId).toMatch(
      /^[0-9a-f]{64}$/,
    );
  });
});

describe('keys that are imported', () => {
  const found = async (name: string) => {
    const { keys, leftOut, unusable } = await readKeyStore(at(name));
    return { keys: keys.map((key) => [key.path, key.role, key.gun]), leftOut, unusable };
  };

  it('may be one file with a key, or with several as "notary key export" writes them', async () => {
    writeFileSync(at('delegation.key'), pem);
    expect((await found('delegation.key')).keys).toEqual([
      ['delegation.key', undefined, undefined],
    ]);
    const withHeaders = (role: string, gun: string) =>
      sec1.replace('-----\n', `-----\ngun: ${gun}\npath: ${'ab'.repeat(32)}\nrole: ${role}\n\n`);
    const both =
      withHeaders('targets', 'contoso.azurecr.io/a') +
      withHeaders('snapshot', 'contoso.azurecr.io/b');
    writeFileSync(at('exported.pem'), both);
    const { keys } = await readKeyStore(at('exported.pem'));
    expect(keys.map(({ role, gun }) => [role, gun])).toEqual([
      ['targets', 'contoso.azurecr.io/a'],
      ['snapshot', 'contoso.azurecr.io/b'],
    ]);
    expect(keys.every(({ keyId }) => keyId === 'ab'.repeat(32))).toBe(true);
    expect(keys.map((key) => same(key.open(undefined, '').privateKey, privateKey))).toEqual([
      true,
      true,
    ]);
  });

  it('are all files of an archive that hold one; what macOS adds is left out with a note', async () => {
    const id = 'cd'.repeat(32);
    const entries = [
      [`private/${id}.key`, pem],
      [`private/._${id}.key`, '\u0000\u0005\u0016\u0007Mac OS X'],
      ['delegation.key', sec1],
      ['notes/of-mine.txt', `my key:\n${pem}`],
      ['tls/contoso.azurecr.io/client.key', pem],
      ['tuf/root.json', '{}'],
    ] as const;
    const tar = await packTar(
      entries.map(([name, body]) => ({ header: { name, size: Buffer.byteLength(body) }, body })),
    );
    writeFileSync(at('mac.tar'), tar);
    const { keys, leftOut, unusable } = await found('mac.tar');
    expect(keys.map(([name]) => name)).toEqual([
      'delegation.key',
      'notes/of-mine.txt',
      `private/${id}.key`,
    ]);
    expect(leftOut).toEqual([
      { path: `private/._${id}.key`, why: expect.stringContaining('AppleDouble') as string },
      {
        path: 'tls/contoso.azurecr.io/client.key',
        why: expect.stringContaining('for TLS') as string,
      },
    ]);
    expect(unusable).toEqual([]);
  });

  it('are told with what they are where they cannot be read', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at('id_ed25519')]);
    const tar = await packTar([
      {
        header: { name: 'id_ed25519', size: readFileSync(at('id_ed25519')).length },
        body: readFileSync(at('id_ed25519')),
      },
    ]);
    writeFileSync(at('ssh.tar'), tar);
    expect((await found('ssh.tar')).unusable).toEqual([
      { path: 'id_ed25519', why: 'holds a private key in OpenSSH format' },
    ]);
  });
});
