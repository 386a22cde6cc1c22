import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';

import { ClientCertificateCredential } from '@azure/identity';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { makeCertificate, pem } from '../crypto/certificate.js';
import { claimsOf, send } from '../https.js';
import { startLoopback } from '../loopback.js';
import type { Loopback } from '../loopback.js';

const scope = 'https://containerregistry.azure.net/.default';
const day = 86_400_000;
// Every test makes an RSA key, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
let loopback: Loopback;

beforeAll(async () => {
  loopback = await startLoopback();
});
afterAll(() => loopback.close());

function newCertificate() {
  const { privateKey: made } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyPem = made.export({ type: 'pkcs8', format: 'pem' }).toString();
  const privateKey = createPrivateKey(keyPem);
  const der = makeCertificate(privateKey, {
    subject: 'CN=build agent',
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + day),
  });
  const thumbprint = createHash('sha256').update(der).digest('base64url');
  return { privateKey, thumbprint, certificate: pem('CERTIFICATE', der), keyPem };
}

describe('a service principal with a certificate', () => {
  it.each([false, true])('gets a token (certificate chain sent: %s)', async (chain) => {
    const { control, agent } = loopback;
    const { tenantId, clientId } = await control.createServicePrincipal();
    const { certificate, keyPem } = newCertificate();
    await control.addClientCertificate(clientId, certificate);
    const credential = new ClientCertificateCredential(
      tenantId,
      clientId,
      { certificate: certificate + keyPem },
      { agent, sendCertificateChain: chain },
    );
    const { token } = await credential.getToken(scope);
    expect(claimsOf(token)).toMatchObject({
      aud: 'https://containerregistry.azure.net',
      appid: clientId,
    });
  });

  it('is refused when the certificate is not registered (700027)', async () => {
    const { control, agent } = loopback;
    const { tenantId, clientId } = await control.createServicePrincipal();
    const { certificate, keyPem } = newCertificate();
    const credential = new ClientCertificateCredential(
      tenantId,
      clientId,
      { certificate: certificate + keyPem },
      { agent },
    );
    await expect(credential.getToken(scope)).rejects.toThrow(/AADSTS700027:/);
  });
});

describe('a certificate assertion', () => {
  async function answerTo(change: {
    readonly audience?: string;
    readonly subject?: string;
    readonly expiresIn?: number;
    readonly signedBy?: 'another key';
  }): Promise<unknown> {
    const { control } = loopback;
    const { tenantId, clientId } = await control.createServicePrincipal();
    const { privateKey, thumbprint, certificate } = newCertificate();
    await control.addClientCertificate(clientId, certificate);
    const url = `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`;
    const now = Math.floor(Date.now() / 1000);
    const assertion = await new SignJWT()
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
      .setIssuer(clientId)
      .setSubject(change.subject ?? clientId)
      .setAudience(change.audience ?? url)
      .setNotBefore(now - 10)
      .setExpirationTime(now + (change.expiresIn ?? 600))
      .sign(change.signedBy === undefined ? privateKey : newCertificate().privateKey);
    const reply = await send(loopback, 'POST', url, {
      body: {
        grant_type: 'client_credentials',
        client_id: clientId,
        scope,
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
    });
    return { status: reply.status, ...(reply.body as object) };
  }

  it('is accepted when everything fits', async () => {
    expect(await answerTo({})).toMatchObject({ status: 200, token_type: 'Bearer' });
  });

  it.each([
    ['for another audience', { audience: 'https://example.org' }, 700023],
    ['about another application', { subject: 'another application' }, 700021],
    ['that has expired', { expiresIn: -5 }, 700024],
    ['signed by another key', { signedBy: 'another key' as const }, 700027],
  ])('%s is refused', async (_, change, code) => {
    expect(await answerTo(change)).toMatchObject({ status: 401, error_codes: [code] });
  });
});
