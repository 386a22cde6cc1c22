/** Shell snippets that need nothing but openssl are run as they stand on the pages. */
import { execFileSync } from 'node:child_process';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCertificate } from '../../src/azure/certificate.js';
import { createMemorySigner, writeDockerKeyFile } from '../../src/signing/index.js';
import { isInstalled } from '../judges/required.js';
import { codeBlocksOf, proseOf } from './pages.js';

const hasOpenssl = isInstalled('openssl', 'version');
const keyFile = '4c6c56a0.key';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'docs-shell-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(script: string): string {
  return execFileSync('sh', ['-eu', '-c', script], { cwd: folder, encoding: 'utf8' });
}

function inFolder(file: string): string {
  return path.join(folder, file);
}

/** The shell block of a page that has `text` in it. */
function snippet(page: string, text: string): string {
  const found = codeBlocksOf(page).filter((b) => b.language === 'sh' && b.text.includes(text));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

const pairs = {
  'EC P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  'RSA 2048': () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
} satisfies Record<string, () => KeyObject>;

describe.runIf(hasOpenssl)('the guide for existing keys', () => {
  it.each(Object.entries(pairs))('takes encryption and headers off a %s key', (_name, make) => {
    const key = make();
    const { text } = writeDockerKeyFile(key, {
      role: 'targets',
      gun: 'contoso.azurecr.io/team/app',
      passphrase: 'open sesame',
    });
    writeFileSync(inFolder(keyFile), text);
    writeFileSync(inFolder('passphrase.txt'), 'open sesame\n');
    run(snippet('docs/from-docker-trust.md', 'openssl pkcs8'));
    const plain = createPrivateKey(readFileSync(inFolder('plain.pem'), 'utf8'));
    expect(plain.equals(key)).toBe(true);
  });

  it('computes the ID of a key as Docker does', () => {
    const key = pairs['EC P-256']();
    const pem = createPublicKey(key).export({ format: 'pem', type: 'spki' });
    writeFileSync(inFolder('public.pem'), pem);
    const printed = run(snippet('docs/from-docker-trust.md', 'openssl dgst'));
    expect(printed).toContain(createMemorySigner(key, 'test key').keyId);
  });

  it('recognises a public key that Docker takes', () => {
    const check = 'openssl pkey -pubin -in ci.pem -noout';
    expect(proseOf('docs/from-docker-trust.md')).toContain(check);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    expect(pem).toContain('BEGIN PUBLIC KEY');
    writeFileSync(inFolder('ci.pem'), pem);
    expect(run(check)).toBe('');
    writeFileSync(inFolder('ci.pem'), 'no key\n');
    expect(() => run(`${check} 2>&1`)).toThrow();
  });
});

describe.runIf(hasOpenssl)('the conversion of a PFX file', () => {
  it('gives a PEM that the run accepts as a client certificate', async () => {
    const convert = 'openssl pkcs12 -in principal.pfx -out principal.pem -nodes';
    expect(proseOf('docs/permissions.md')).toContain(convert);
    run(
      'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=pipeline -keyout key.pem -out cert.pem 2>&1',
    );
    run('openssl pkcs12 -export -inkey key.pem -in cert.pem -out principal.pfx -passout pass:x');
    // The password is the only thing a person types.
    run(`${convert} -passin pass:x`);
    const pem = await loadCertificate(
      {
        kind: 'certificate',
        tenantId: 'contoso.example',
        clientId: '11111111-2222-3333-4444-555555555555',
        certificate: inFolder('principal.pem'),
      },
      { mask: () => undefined },
      () => new Date(),
    );
    expect(pem).toContain('BEGIN CERTIFICATE');
    expect(createPrivateKey(pem).asymmetricKeyType).toBe('rsa');
  });
});
