/** Certificates in Key Vault that say whose Notary Project signatures count. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenTrust, CertificateAccess } from '../../../src/verification/index.js';
import { readSignatureTrust } from '../../../src/commands/inputs/signature-trust.js';
import { pem } from '../../azure-emulation/crypto/certificate.js';
import { createTimestampAuthority } from '../../azure-emulation/timestamp/authority.js';
import {
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from '../../azure/key-vault/emulated-vault.js';
import { rejection } from '../../registry/fake-http.js';
import { parseInputs } from '../support/parse-inputs.js';

let emulated: EmulatedVault;
let pemOfIssued: readonly string[];
const lines: string[] = [];
const identity = { 'trusted-identity': 'C=US, ST=WA, O=Contoso' };

beforeAll(async () => {
  emulated = await startVault();
  const { control } = emulated;
  await control.createCertificate({ vault, name: 'release', subject: 'CN=release,O=Contoso' });
  await control.createCertificate({ vault, name: 'off', enabled: false });
  await control.createCertificate({ vault, name: 'old', expires: Date.now() / 1000 - 60 });
  const { chain } = await control.createCertificate({ vault, name: 'issued', issuer: 'Unknown' });
  pemOfIssued = chain.map((der) => pem('CERTIFICATE', Buffer.from(der, 'base64')));
  await control.setSecret({ vault, name: 'root', value: pemOfIssued.at(-1) ?? '' });
  const { root } = createTimestampAuthority(new Date());
  await control.setSecret({ vault, name: 'tsa', value: pem('CERTIFICATE', root) });
  await control.setSecret({ vault, name: 'words', value: 'no certificate' });
});
afterAll(() => emulated.close());

const certificate = (name: string): string => `${vaultUrl}/certificates/${name}`;
const secret = (name: string): string => `${vaultUrl}/secrets/${name}`;

function accessAs(credential: EmulatedVault['credential']): CertificateAccess {
  return {
    access: { azure: () => ({ credential }) },
    secrets: { mask: () => undefined },
    log: { info: (line: string) => lines.push(line) },
  } as unknown as CertificateAccess;
}

async function open(
  texts: Readonly<Record<string, string>>,
  credential = emulated.credential,
): ReturnType<OpenTrust> {
  const openTrust = await parseInputs(
    'inspect',
    async (given: Parameters<typeof readSignatureTrust>[0]) => {
      const trust = await readSignatureTrust(given);
      await given.runChecks();
      return trust;
    },
    texts,
    '/agent',
  );
  if (!openTrust) throw new Error('nothing is trusted');
  return openTrust(accessAs(credential));
}

async function subjects(texts: Readonly<Record<string, string>>): Promise<string[]> {
  const { store } = await open(texts);
  return [...store].flatMap(([name, trusted]) =>
    trusted.map(({ subjectText }) => `${name} ${subjectText}`),
  );
}

describe('a trusted certificate in Key Vault', () => {
  it('is the self-signed one of a signer, and the log says which', async () => {
    expect(await subjects({ 'trusted-certificate': certificate('release') })).toEqual([
      'ca:trusted O=Contoso,CN=release',
    ]);
    expect(lines.at(-1)).toMatch(/certificates\/release {2}.*CN=release.*SHA-256 [0-9a-f]{64}$/);
  });

  it('counts beside others, and after it has expired', async () => {
    const texts = {
      'trusted-certificate': [certificate('old'), secret('root'), pemOfIssued.at(-1)].join('\n'),
      'timestamp-root': secret('tsa'),
      ...identity,
    };
    const found = await subjects(texts);

    expect(found).toEqual([
      'ca:trusted CN=Contoso root,O=Contoso,ST=WA,C=US',
      'ca:trusted CN=old',
      'tsa:trusted CN=Emulated Timestamping Root,O=Microsoft,C=US',
    ]);
  });

  it.each([
    ['off', {}, 'KEY_DISABLED', /disabled/],
    ['none', {}, 'KEY_NOT_FOUND', /none/],
    [
      'issued',
      identity,
      'TRUST_POLICY_INVALID',
      /certificates\/issued .*neither a CA nor self-sig/,
    ],
  ])('is rejected as "%s"', async (name, more, code, message) => {
    const error = await rejection(open({ 'trusted-certificate': certificate(name), ...more }));
    expect(error).toMatchObject({ code });
    expect(error.message).toMatch(message);
  });

  it('in a secret needs a name where it is of an authority, and holds a certificate', async () => {
    const nameless = await rejection(open({ 'trusted-certificate': secret('root') }));
    expect(nameless).toMatchObject({ code: 'INPUT_MISSING' });
    expect(nameless.message).toMatch(
      /^Input "trusted-identity" is not set, and .* of an authority/,
    );
    const words = await rejection(open({ 'trusted-certificate': secret('words'), ...identity }));
    expect(words).toMatchObject({ code: 'KEY_UNSUITABLE' });
  });

  it('must be readable for the principal of the run', async () => {
    const { credential } = await emulated.principalWithoutRoles();
    const error = await rejection(
      open({ 'trusted-certificate': certificate('release') }, credential),
    );
    expect(error).toMatchObject({ code: 'VAULT_FORBIDDEN' });
    expect(error.remedy).toContain('--role "Key Vault Reader"');
  });

  it('is asked for only once all inputs are right', async () => {
    const asked = lines.length;
    const error = await rejection(
      open({ 'trusted-certificate': certificate('release'), 'trusted-identity': 'C=US, O=ACME' }),
    );
    expect(error.message).toMatch(/"trusted-identity" cannot be used/);
    expect(lines).toHaveLength(asked);
  });
});
