/**
 * Makes a self-signed certificate in a vault, with the key and the secret of the same name and
 * version that belong to it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KeyObject } from 'node:crypto';

import type { Clock } from '../core/clock.js';
import { versionId } from '../core/ids.js';
import { pem, selfSigned } from '../crypto/self-signed.js';
import { generateKey } from './key-material.js';
import { addTo } from './versions.js';
import type { CertificateVersion, Vault } from './vaults.js';

/** Content types of a certificate's secret. */
export type CertificateContentType = 'application/x-pem-file' | 'application/x-pkcs12';

/** What a new certificate is to be. */
export interface NewCertificate {
  readonly name: string;
  readonly commonName: string;
  readonly kty: 'EC' | 'EC-HSM' | 'RSA' | 'RSA-HSM';
  readonly crv?: string;
  readonly size?: number;
  /** Whether the secret holds the private key. */
  readonly exportable: boolean;
  readonly contentType: CertificateContentType;
  /** Seconds since 1970. */
  readonly expires: number;
  readonly enabled: boolean;
}

/** Adds the certificate, its key and its secret to `vault`. */
export async function makeCertificate(
  vault: Vault,
  wanted: NewCertificate,
  clock: Clock,
): Promise<CertificateVersion> {
  const { name, exportable, contentType } = wanted;
  if (exportable && wanted.kty.endsWith('-HSM')) throw new Error('HSM keys are never exportable');
  const key = await generateKey(wanted.kty, wanted.crv, wanted.size);
  const now = clock.seconds();
  const notBefore = Math.min(now, wanted.expires) - 60;
  const der = selfSigned(key.privateKey, {
    commonName: wanted.commonName,
    notBefore: new Date(notBefore * 1000),
    notAfter: new Date(wanted.expires * 1000),
    codeSigning: true,
  });
  const head = () => ({
    version,
    tags: {},
    attributes: {
      enabled: wanted.enabled,
      nbf: notBefore,
      exp: wanted.expires,
      created: now,
      updated: now,
    },
  });
  const version = versionId();
  addTo(vault.keys, name, { ...head(), ...key, ops: ['sign', 'verify'] }, true);
  const value = await secretValue(exportable ? key.privateKey : undefined, der, contentType);
  addTo(vault.secrets, name, { ...head(), value, contentType }, true);
  return addTo(vault.certificates, name, {
    ...head(),
    certificate: der,
    policy: {
      key_props: {
        exportable,
        kty: wanted.kty,
        ...(key.crv !== undefined && { crv: key.crv }),
        ...(key.crv === undefined && { key_size: wanted.size ?? 2048 }),
        reuse_key: false,
      },
      secret_props: { contentType },
      x509_props: { subject: `CN=${wanted.commonName}`, key_usage: ['digitalSignature'] },
      issuer: { name: 'Self' },
    },
  });
}

/** Without a private key only the certificate can be read. */
async function secretValue(
  privateKey: KeyObject | undefined,
  der: Buffer,
  contentType: CertificateContentType,
): Promise<string> {
  const certificatePem = pem('CERTIFICATE', der);
  const keyPem = privateKey?.export({ type: 'pkcs8', format: 'pem' }).toString() ?? '';
  if (contentType === 'application/x-pem-file') return keyPem + certificatePem;
  const directory = await mkdtemp(join(tmpdir(), 'vault-certificate-'));
  try {
    const input = join(directory, 'in.pem');
    const output = join(directory, 'out.pfx');
    await writeFile(input, keyPem + certificatePem, { mode: 0o600 });
    const keys = privateKey === undefined ? ['-nokeys'] : [];
    const args = ['pkcs12', '-export', ...keys, '-in', input, '-out', output, '-passout', 'pass:'];
    await promisify(execFile)('openssl', args);
    return (await readFile(output)).toString('base64');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
