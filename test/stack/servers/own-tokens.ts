/**
 * Tokens with which the stack itself looks into its servers, past the emulated Azure: to prove what
 * a test left there. Never leaves the owner's process.
 */
import 'reflect-metadata';

import { webcrypto } from 'node:crypto';

import { X509CertificateGenerator } from '@peculiar/x509';
import { SignJWT } from 'jose';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;

export interface OwnTokens {
  /** For the servers' rootcertbundle. */
  readonly certificatePem: string;
  /** A token for `actions` on the repository (or GUN) `name`. */
  issue(name: string, actions: readonly string[]): Promise<string>;
}

/** Makes a signer whose tokens carry the issuer and audience that the servers expect. */
export async function createOwnTokens(issuer: string, audience: string): Promise<OwnTokens> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test stack',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
  });
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    issue: (name, actions) =>
      new SignJWT({ access: [{ type: 'repository', name, actions }] })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: [certificate.toString('base64')] })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setNotBefore('-1m')
        .setExpirationTime('5m')
        .sign(keys.privateKey),
  };
}
