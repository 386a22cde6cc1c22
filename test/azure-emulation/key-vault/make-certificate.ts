/** Makes a certificate in a vault, with the key and the secret of the same name and version that belong to it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';

import { KeyUsageFlags } from '@peculiar/asn1-x509';

import type { Clock } from '../core/clock.js';
import { versionId } from '../core/ids.js';
import { makeCertificate, pem, type Issuer } from '../crypto/certificate.js';
import { generateKey } from './key-material.js';
import { addTo } from './versions.js';
import type { CertificateVersion, Vault } from './vaults.js';

/** Content types of a certificate's secret. */
export type CertificateContentType = 'application/x-pem-file' | 'application/x-pkcs12';

/** What a new certificate is to be. */
export interface NewCertificate {
  readonly name: string;
  readonly subject: string;
  /** By the names of a certificate policy: `digitalSignature`, `keyEncipherment`, ... */
  readonly keyUsage: readonly string[];
  /** Object identifiers of the extended key usage. */
  readonly ekus: readonly string[];
  /** `Unknown`: an authority outside Azure, whose chain was merged with the certificate. */
  readonly issuer: 'Self' | 'Unknown';
  /** Whether the chain was merged as well, and not the certificate alone. */
  readonly chainInSecret: boolean;
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

/** A certificate in a vault, with what was issued beside it. */
export interface MadeCertificate extends CertificateVersion {
  /** DER, leaf first, root last; the certificate alone where it is self-signed. */
  readonly chain: readonly Buffer[];
}

/** Adds the certificate, its key and its secret to `vault`. */
export async function addCertificate(
  vault: Vault,
  wanted: NewCertificate,
  clock: Clock,
): Promise<MadeCertificate> {
  const { name, exportable, contentType, subject, keyUsage, ekus } = wanted;
  if (exportable && wanted.kty.endsWith('-HSM')) throw new Error('HSM keys are never exportable');
  const key = await generateKey(wanted.kty, wanted.crv, wanted.size);
  const now = clock.seconds();
  const notBefore = Math.min(now, wanted.expires) - 60;
  const times = {
    notBefore: new Date(notBefore * 1000),
    notAfter: new Date(wanted.expires * 1000),
  };
  const authorities = wanted.issuer === 'Self' ? [] : makeAuthorities(times);
  const der = makeCertificate(
    key.privateKey,
    { subject, ...times, keyUsage: flagsOf(keyUsage), extendedKeyUsage: ekus },
    authorities[0],
  );
  const chain = [der, ...authorities.map((authority) => authority.certificate)];
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
  const certificates = wanted.chainInSecret ? chain : [der];
  const value = await secretValue(
    exportable ? key.privateKey : undefined,
    certificates,
    contentType,
  );
  addTo(vault.secrets, name, { ...head(), value, contentType }, true);
  const added = addTo(vault.certificates, name, {
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
      x509_props: { subject, key_usage: keyUsage, ekus },
      issuer: { name: wanted.issuer },
    },
  });
  return { ...added, chain };
}

/** An intermediate authority and the root above it, nearest first. */
function makeAuthorities(times: {
  readonly notBefore: Date;
  readonly notAfter: Date;
}): (Issuer & { readonly certificate: Buffer })[] {
  const make = (commonName: string, issuer?: Issuer) => {
    const subject = `C=US,ST=WA,O=Contoso,CN=${commonName}`;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const content = { subject, ...times, isAuthority: true };
    return { subject, privateKey, certificate: makeCertificate(privateKey, content, issuer) };
  };
  const root = make('Contoso root');
  return [make('Contoso issuing', root), root];
}

function flagsOf(names: readonly string[]): number {
  const known: Readonly<Record<string, unknown>> = KeyUsageFlags;
  return names.reduce((flags, name) => {
    const flag = known[name];
    if (typeof flag !== 'number') throw new Error(`there is no key usage ${name}`);
    return flags | flag;
  }, 0);
}

/** Without a private key only the certificate can be read. */
async function secretValue(
  privateKey: KeyObject | undefined,
  certificates: readonly Buffer[],
  contentType: CertificateContentType,
): Promise<string> {
  const certificatePem = certificates.map((der) => pem('CERTIFICATE', der)).join('');
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
