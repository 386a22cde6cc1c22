/**
 * Opens a certificate of Key Vault for signatures that carry its chain. The version is resolved once:
 * a renewal during the run changes nothing in the run. The key stays in the vault; of its secret only
 * certificates are read, and only where the chain is asked of it.
 */
import { X509Certificate } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { CryptographyClient, type SignatureAlgorithm } from '@azure/keyvault-keys';

import { TrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import {
  formatKeyReference,
  openPkcs12,
  readCertificates,
  readKeyText,
  type VaultCertificateReference,
  type VaultSecretReference,
} from '../../signing/index.js';
import type { VaultOptions } from './call.js';
import { clientOptions } from './pipeline.js';
import { readCertificate } from './read-certificate.js';
import { readSecretVersion } from './read-secret.js';
import { signDigest } from './vault-signer.js';

/** A certificate whose private key is in Key Vault. */
export interface VaultSigningCertificate {
  /** With the version that this run uses. */
  readonly reference: VaultCertificateReference & { readonly version: string };
  /** DER of the certificate alone. */
  readonly certificate: Uint8Array;
  /**
   * As {@link signDigest}, with the key of this version.
   * @throws {TrustError} KEY_DISABLED, KEY_NOT_FOUND, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED,
   *   INTERRUPTED; errors of the sign-in as they are
   */
  readonly sign: (algorithm: SignatureAlgorithm, digest: Uint8Array) => Promise<Buffer>;
}

/**
 * Opens a certificate; without a version the newest one. Signs nothing yet.
 * @throws {TrustError} KEY_NOT_FOUND, KEY_DISABLED, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED,
 *   INTERRUPTED; errors of the sign-in as they are
 */
export async function openSigningCertificate(
  reference: VaultCertificateReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<VaultSigningCertificate> {
  const { der, version, key } = await readCertificate(reference, credential, options);
  const id = `${reference.vaultUrl}/keys/${key.name}/${key.version}`;
  // With the public key in hand the client does not read the key, which is a right of its own.
  const { kty = '', crv } = new X509Certificate(der).publicKey.export({ format: 'jwk' });
  const client = new CryptographyClient(
    {
      id,
      name: key.name,
      keyType: kty,
      key: { kty, ...(crv !== undefined && { crv }) },
      properties: { name: key.name, vaultUrl: reference.vaultUrl, version: key.version, id },
    },
    credential,
    clientOptions(credential),
  );
  return {
    reference: { ...reference, version },
    certificate: der,
    sign: (algorithm, digest) => signDigest(client, reference, algorithm, digest, options),
  };
}

/**
 * The certificates in a secret, as a certificate authority's chain is kept in one: PEM or PKCS#12, in
 * any order. Whatever else is in it is masked and dropped.
 * @throws {TrustError} KEY_UNSUITABLE where it holds no certificate; KEY_NOT_FOUND, KEY_DISABLED,
 *   VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED; errors of the sign-in as they are
 */
export async function readChainSecret(
  reference: VaultSecretReference,
  credential: TokenCredential,
  options: VaultOptions & { readonly secrets: Secrets },
): Promise<readonly Buffer[]> {
  const { value } = await readSecretVersion(reference, credential, options);
  options.secrets.mask(value);
  const certificates = certificatesIn(value, reference);
  if (certificates.length > 0) return certificates;
  throw withoutChain(reference);
}

function certificatesIn(value: string, reference: VaultSecretReference): readonly Buffer[] {
  const read = readKeyText(value);
  if (read.unreadable !== 'PKCS#12' || !read.der) return readCertificates(value);
  try {
    const blocks = openPkcs12(read.der, '');
    return blocks.flatMap(({ label, der }) => (label === 'CERTIFICATE' ? [der] : []));
  } catch (cause) {
    throw withoutChain(reference, cause);
  }
}

function withoutChain(reference: VaultSecretReference, cause?: unknown): TrustError {
  return new TrustError(
    'KEY_UNSUITABLE',
    `The secret ${formatKeyReference(reference)} holds no certificate that can be read`,
    { remedy: 'Store the chain in it, as PEM or as PKCS#12 without a password.', cause },
  );
}
