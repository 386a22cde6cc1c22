import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createCredential } from '../../src/azure/index.js';
import type { CertificateIdentity, CredentialOptions } from '../../src/azure/index.js';
import type { TrustError } from '../../src/errors.js';
import { rejection } from '../registry/fake-http.js';
import type { ServicePrincipal } from '../azure-emulation/index.js';
import { makeCertificate, password } from './make-certificate.js';
import { startAzure } from './emulated-azure.js';
import type { EmulatedAzure } from './emulated-azure.js';

const scope = 'https://containerregistry.azure.net/.default';
const made = makeCertificate();
const other = makeCertificate();

let azure: EmulatedAzure;
let principal: ServicePrincipal;
let folder: string;

beforeAll(async () => {
  azure = await startAzure();
  principal = await azure.control.createServicePrincipal();
  await azure.control.addClientCertificate(principal.clientId, made.certificate);
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
});

afterAll(async () => {
  await azure.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  azure.masked.length = 0;
  azure.loopback.requests.length = 0;
});

function signIn(
  more: Partial<CertificateIdentity> & Pick<CertificateIdentity, 'certificate'>,
  options: Partial<CredentialOptions> = {},
) {
  const { tenantId, clientId } = principal;
  const identity = { kind: 'certificate', tenantId, clientId, ...more } as const;
  return createCredential(identity, { ...azure, ...options }).getToken(scope);
}

async function refusal(
  more: Parameters<typeof signIn>[0],
  options?: Partial<CredentialOptions>,
): Promise<TrustError> {
  const error = await rejection(signIn(more, options));
  expect(error.code).toBe('CREDENTIAL_INVALID');
  expect(azure.loopback.requests).toHaveLength(0);
  return error;
}

describe('a client certificate', () => {
  it.each([
    ['before its key', made.certificate + made.key],
    ['after its key', made.key + made.certificate],
    ['with Windows line ends', (made.key + made.certificate).replaceAll('\n', '\r\n')],
    ['after one of another key', other.certificate + made.certificate + made.key],
  ])('signs in %s', async (_what, certificate) => {
    expect((await signIn({ certificate }))?.token).toMatch(/^ey/);
  });

  it('signs in from a file', async () => {
    const path = join(folder, 'principal.pem');
    await writeFile(path, made.key + made.certificate);
    expect((await signIn({ certificate: path }))?.token).toMatch(/^ey/);
  });

  it('signs in with an encrypted key, and masks password and key', async () => {
    const certificate = made.encryptedKey + made.certificate;
    expect((await signIn({ certificate, password }))?.token).toMatch(/^ey/);
    expect(azure.masked[0]).toBe(password);
    expect(azure.masked[1]).toContain('BEGIN PRIVATE KEY');
  });

  it('signs in with its chain sent along', async () => {
    const certificate = made.key + made.certificate;
    expect((await signIn({ certificate, sendCertificateChain: true }))?.token).toMatch(/^ey/);
  });

  it('that the application does not know is rejected by Entra ID', async () => {
    const error = await rejection(signIn({ certificate: other.key + other.certificate }));
    expect(error.code).toBe('CREDENTIAL_REJECTED');
    expect(error.message).toContain('AADSTS700027');
    expect(error.remedy).toContain('Add this certificate');
  });
});

describe('before any request, a client certificate is refused', () => {
  it.each([
    ['without private key', made.certificate, 'has no private key'],
    ['without certificate', made.key, 'has no certificate'],
    ['with the key of another', other.key + made.certificate, 'does not match the private key'],
    ['that is cut short', made.key.slice(0, 300) + made.certificate, 'has no private key'],
  ])('%s', async (_what, certificate, text) => {
    expect((await refusal({ certificate })).message).toContain(text);
  });

  it('with garbage in its key', async () => {
    const key = made.key.replace(/\n[^-]+\n/, '\nAAAA\n');
    const error = await refusal({ certificate: key + made.certificate });
    expect(error.message).toContain('cannot be parsed');
  });

  it('with an encrypted key and no password, or a wrong one', async () => {
    const certificate = made.encryptedKey + made.certificate;
    expect((await refusal({ certificate })).message).toContain('no password was given');
    const wrong = await refusal({ certificate, password: 'wrong-one' });
    expect(wrong.message).toContain('the password does not decrypt');
    expect(wrong.message + wrong.remedy).not.toContain('wrong-one');
  });

  it('with an elliptic curve key', async () => {
    const ec = makeCertificate('ec');
    expect((await refusal({ certificate: ec.key + ec.certificate })).message).toContain('RSA only');
  });

  it('as PFX that the password does not decrypt, and never repeated', async () => {
    const pasted = made.pfx.toString('base64');
    const error = await refusal({ certificate: pasted, password: 'another' });
    expect(error.message).toContain('cannot be decrypted with the password');
    expect(error.message + error.remedy + String(error.cause)).not.toContain(pasted.slice(0, 40));
    expect((await refusal({ certificate: pasted })).remedy).toContain(
      'client-certificate-password',
    );
  });

  it('that has expired', async () => {
    const clock = () => new Date(Date.now() + 31 * 86_400_000);
    const error = await refusal({ certificate: made.key + made.certificate }, { clock });
    expect(error.message).toContain('expired on 20');
  });
});
