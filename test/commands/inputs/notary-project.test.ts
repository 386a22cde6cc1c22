/** What is made of the inputs of Notary Project signatures. */
import { describe, expect, it } from 'vitest';
import { kindsOf, type SignatureKinds } from '../../../src/image-signing/index.js';
import { readSignatureKinds } from '../../../src/commands/inputs/notary-project.js';
import type { CertificateAccess } from '../../../src/verification/index.js';
import { signInputs } from '../../../src/commands/sign/sign-inputs.js';
import type { Read } from '../../../src/commands/inputs/read.js';
import { createTimestampAuthority } from '../../azure-emulation/timestamp/authority.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { makeChain } from '../../notation/make-chain.js';
import { rejection } from '../../registry/fake-http.js';
import { parseInputs } from '../support/parse-inputs.js';

const base = {
  signatures: 'both',
  'signing-key': 'https://contoso-keys.vault.azure.net/certificates/release',
};
const root = pem('CERTIFICATE', createTimestampAuthority(new Date()).root);
/** No certificate is in a vault. */
const nobody = {} as CertificateAccess;
const url = 'http://timestamp.contoso.com/tsa?key=1';

function read(texts: Readonly<Record<string, string>>): Promise<SignatureKinds> {
  return parseInputs(
    'sign',
    async (given: Read<typeof signInputs>) => {
      const kinds = readSignatureKinds(given);
      await given.runChecks();
      return kinds;
    },
    texts,
    '/agent',
  );
}

describe('the kinds of signatures', () => {
  it.each([
    [{}, 'dct'],
    [base, 'both'],
    [{ ...base, signatures: 'notary-project' }, 'notary-project'],
  ])('of %o are %s', async (texts, kinds) => {
    expect(kindsOf(await read(texts))).toBe(kinds);
  });

  it('have what was asked for', async () => {
    const { notaryProject } = await read({
      ...base,
      'signature-format': 'jws',
      'signature-expiry': '36h',
      'signed-metadata': 'build=1\nby=a=b',
      'sign-platforms': 'true',
      'timestamp-url': url,
      'timestamp-root': root,
    });
    expect(notaryProject).toMatchObject({
      certificate: { name: 'release' },
      format: 'jws',
      lifetimeMs: 36 * 3_600_000,
      metadata: { build: '1', by: 'a=b' },
      isWithPlatforms: true,
      timestamp: { url },
    });
    expect(await notaryProject?.timestamp?.roots.read(nobody)).toMatchObject([
      { subjectText: 'CN=Emulated Timestamping Root,O=Microsoft,C=US' },
    ]);
  });
});

describe('inputs that cannot be used', () => {
  it.each([
    ['an authority without its root', { 'timestamp-url': url }, /"timestamp-root" is not set/],
    ['a root without its authority', { 'timestamp-root': root }, /"timestamp-url" is not set/],
    ['an authority by FTP', { 'timestamp-url': 'ftp://t', 'timestamp-root': root }, /not an http/],
    [
      'an authority with a password',
      { 'timestamp-url': 'https://u:p@t', 'timestamp-root': root },
      /has a user name or password/,
    ],
    [
      'a root that is not there',
      { 'timestamp-url': url, 'timestamp-root': 'none.pem' },
      /none\.pem/,
    ],
    ['an authority for DCT', { signatures: 'dct', 'timestamp-url': url }, /"timestamp-url" is set/],
    ['a root for DCT', { signatures: 'dct', 'timestamp-root': root }, /"timestamp-root" is set/],
    ['platforms for DCT', { signatures: 'dct', 'sign-platforms': 'true' }, /"sign-platforms" is/],
    [
      'a root key for Notary Project alone',
      {
        signatures: 'notary-project',
        'root-key': 'https://contoso-root.vault.azure.net/keys/root',
      },
      /"root-key" is set, and "signatures" is "notary-project"/,
    ],
    [
      'a pin for Notary Project alone',
      { signatures: 'notary-project', 'trust-pin': `sha256:${'a'.repeat(64)}` },
      /"trust-pin" is set/,
    ],
    ['an expiry without unit', { 'signature-expiry': '90' }, /"90" is no time/],
    ['a name twice', { 'signed-metadata': 'a=1\na=2' }, /"a" is named twice/],
    ['a name for tags', { 'signed-metadata': 'tag:1=x' }, /are for the tags of the run/],
    [
      'a key without certificate',
      { 'signing-key': 'https://contoso-keys.vault.azure.net/keys/k' },
      /Notary Project signs with a certificate/,
    ],
  ])('%s', async (_, texts, message) => {
    expect((await rejection(read({ ...base, ...texts }))).message).toMatch(message);
  });

  it('a certificate that is not a root for time stamps', async () => {
    const { chain } = await makeChain();
    const texts = {
      'timestamp-url': url,
      'timestamp-root': pem('CERTIFICATE', chain[0] ?? Buffer.of()),
    };
    const error = await rejection(read({ ...base, ...texts }));
    expect(error.message).toMatch(/is not a self-signed root/);
  });
});
