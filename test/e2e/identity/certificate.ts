/** Certificates of service principals, as administrators make them with openssl. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { makeCertificate, pem } from '../../azure-emulation/crypto/certificate.js';

/** A new certificate with its private key. */
export interface PrincipalCertificate {
  /** Only the certificate: what is registered with the application. */
  readonly certificate: string;
  /** Private key and certificate. */
  readonly plain: string;
  /** The same, with the key encrypted by `password`. */
  readonly encrypted: string;
  readonly password: string;
}

const yearMs = 365 * 86_400_000;

/** Makes an RSA certificate, valid for a year. */
export function makePrincipalCertificate(password: string): PrincipalCertificate {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const certificate = pem(
    'CERTIFICATE',
    makeCertificate(privateKey, {
      subject: 'CN=build agent',
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + yearMs),
    }),
  );
  return {
    certificate,
    plain: keyPem(privateKey) + certificate,
    encrypted: keyPem(privateKey, password) + certificate,
    password,
  };
}

function keyPem(key: KeyObject, passphrase?: string): string {
  const format = { type: 'pkcs8', format: 'pem' } as const;
  return key
    .export(passphrase === undefined ? format : { ...format, cipher: 'aes-256-cbc', passphrase })
    .toString();
}
