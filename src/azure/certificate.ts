/**
 * The certificate of a service principal, checked before any request. The Azure SDK takes PEM with
 * an RSA key only and reports everything else as a failure of its own internals.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { TrustError } from '../errors.js';
import type { Clock, Secrets } from '../ports.js';
import type { CertificateIdentity } from './identity.js';

const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const keyBlock = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----[\s\S]+?-----END ([A-Z]+ )*PRIVATE KEY-----/;
const convertPfx =
  'Convert it with "openssl pkcs12 -in principal.pfx -out principal.pem -nodes" and give the ' +
  'PEM file, or its contents.';

/**
 * Reads and checks the certificate of `identity` and returns it as unencrypted PEM: the key, its
 * certificate, then the rest of the chain.
 * @throws {TrustError} CREDENTIAL_INVALID
 */
export async function loadCertificate(
  identity: CertificateIdentity,
  secrets: Pick<Secrets, 'mask'>,
  clock: Clock,
): Promise<string> {
  const pem = await readPem(identity.certificate);
  const certificates = (pem.match(certificateBlock) ?? []).map(parseCertificate);
  if (certificates.length === 0) {
    throw invalid('has no certificate', 'Add the certificate to the PEM, next to its private key.');
  }
  const key = readKey(pem, identity.password);
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) {
    throw invalid(
      'and the private key beside it do not belong together',
      'Put the certificate and the private key it was made for into one PEM.',
    );
  }
  if (new Date(own.validTo) < clock()) {
    throw invalid(
      `expired on ${new Date(own.validTo).toISOString()}`,
      'Make a new certificate and add it to the app registration.',
    );
  }
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  secrets.mask(keyPem);
  const chain = [own, ...certificates.filter((certificate) => certificate !== own)];
  return [keyPem, ...chain.map(String)].join('\n');
}

async function readPem(certificate: string): Promise<string> {
  if (certificate.includes('-----BEGIN')) {
    return certificate;
  }
  // What is no PEM may be a secret pasted in the wrong form, so it is never repeated.
  let bytes: Buffer;
  try {
    bytes = await readFile(certificate);
  } catch (error) {
    // No cause either: the text of a file system error repeats the path.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw invalid(
      `is neither PEM nor the path of a readable file (${code})`,
      `If it is a PFX (PKCS #12) certificate: ${convertPfx}`,
    );
  }
  const text = bytes.toString('latin1');
  if (!text.includes('-----BEGIN')) {
    // DER starts with a SEQUENCE: a PFX, or a certificate without key.
    const isDer = bytes[0] === 0x30 || text.startsWith('MII');
    throw isDer
      ? invalid('is a PFX (PKCS #12) or DER file, not PEM', convertPfx)
      : invalid('is not a PEM file', `Give a PEM file. For PFX: ${convertPfx}`);
  }
  return text;
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw invalid(
      'cannot be parsed',
      'Check that the PEM is complete, line breaks included.',
      cause,
    );
  }
}

function readKey(pem: string, password: string | undefined): KeyObject {
  const block = keyBlock.exec(pem)?.[0];
  if (block === undefined) {
    throw invalid(
      'has no private key',
      `Add the private key to the PEM. If you have a PFX: ${convertPfx}`,
    );
  }
  const isEncrypted = block.includes('ENCRYPTED');
  if (isEncrypted && password === undefined) {
    throw invalid(
      'has an encrypted private key, but no password was given',
      'Give the password as client-certificate-password.',
    );
  }
  const key = decodeKey(block, isEncrypted, password);
  if (key.asymmetricKeyType !== 'rsa') {
    throw invalid(
      `has a key of type ${key.asymmetricKeyType ?? 'unknown'}; Entra ID takes RSA only`,
      'Make a certificate with an RSA key and add it to the app registration.',
    );
  }
  return key;
}

function decodeKey(block: string, isEncrypted: boolean, password: string | undefined): KeyObject {
  try {
    return createPrivateKey(
      isEncrypted && password !== undefined ? { key: block, passphrase: password } : block,
    );
  } catch (cause) {
    throw isEncrypted
      ? invalid(
          'has a private key that the password does not open',
          'Check client-certificate-password.',
          cause,
        )
      : invalid(
          'has a private key that cannot be parsed',
          'Check that the PEM is complete, line breaks included.',
          cause,
        );
  }
}

function invalid(what: string, remedy: string, cause?: unknown): TrustError {
  return new TrustError('CREDENTIAL_INVALID', `The client certificate ${what}`, {
    remedy,
    ...(cause === undefined ? {} : { cause }),
  });
}
