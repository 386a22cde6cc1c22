/**
 * Reads a certificate of Key Vault: its public half only. The private key is a key of its own in the
 * same vault; this file says which, and asks nothing of it.
 */
import { X509Certificate } from 'node:crypto';

import type { TokenCredential } from '@azure/core-auth';
import { CertificateClient, type KeyVaultCertificate } from '@azure/keyvault-certificates';

import type { VaultCertificateReference } from '../../signing/index.js';
import { keyIdOf, publicKeyFromSpki, type KeyId } from '../../trust/metadata/index.js';
import { callVault, type VaultOptions } from './call.js';
import { assertUsable } from './key-material.js';
import type { VaultAction, VaultOperation } from './wording.js';
import { clientOptions } from './pipeline.js';
import { failed } from './error-mapping.js';
import type { Tags } from './tags.js';

/** A certificate in force. */
interface VaultCertificate {
  readonly der: Uint8Array;
  /** Of the certificate itself; as a rule its key has the same one. */
  readonly version: string;
  /** The key of the certificate, by name and version. */
  readonly key: { readonly name: string; readonly version: string };
  /** Canonical ID of the key in the certificate. */
  readonly keyId: KeyId;
  readonly tags: Tags;
}

/**
 * Reads a certificate; without a version the newest one.
 * @throws {TrustError} KEY_NOT_FOUND, KEY_DISABLED, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED,
 *   INTERRUPTED; errors of the sign-in as they are
 */
export async function readCertificate(
  reference: VaultCertificateReference,
  credential: TokenCredential,
  options: VaultOptions,
  action: VaultAction = 'get',
): Promise<VaultCertificate> {
  const operation = { reference, action };
  const found = await getCertificate(operation, credential, options);
  assertUsable(found.properties, reference, options.clock?.() ?? new Date());
  const kid = /\/keys\/([0-9a-zA-Z-]+)\/([0-9a-f]{32})$/i.exec(found.keyId ?? '');
  if (found.cer === undefined || kid?.[1] === undefined || kid[2] === undefined) {
    throw failed(operation, 'its response holds no certificate with a key');
  }
  let spki: Buffer;
  try {
    spki = new X509Certificate(found.cer).publicKey.export({ format: 'der', type: 'spki' });
  } catch (cause) {
    throw failed(operation, 'its certificate cannot be read', cause);
  }
  return {
    der: found.cer,
    version: (found.properties.version ?? kid[2]).toLowerCase(),
    key: { name: kid[1], version: kid[2] },
    keyId: keyIdOf(publicKeyFromSpki(spki)),
    tags: found.properties.tags ?? {},
  };
}

/**
 * Reads a certificate that signatures are verified by; without a version the newest one. One that has
 * expired is read as well: what it signed in its time may count still.
 * @returns DER.
 * @throws {TrustError} as readCertificate; KEY_DISABLED only where it is switched off
 */
export async function readTrustedCertificate(
  reference: VaultCertificateReference,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<Uint8Array> {
  const operation = { reference, action: 'get-public' } as const;
  const { cer, properties } = await getCertificate(operation, credential, options);
  const { enabled } = properties;
  assertUsable(enabled === undefined ? {} : { enabled }, reference, new Date());
  if (cer === undefined) throw failed(operation, 'its response holds no certificate');
  return cer;
}

function getCertificate(
  operation: VaultOperation & { readonly reference: VaultCertificateReference },
  credential: TokenCredential,
  options: VaultOptions,
): Promise<KeyVaultCertificate> {
  const { vaultUrl, name, version } = operation.reference;
  const client = new CertificateClient(vaultUrl, credential, clientOptions(credential));
  return callVault(operation, options, (call) =>
    version === undefined
      ? client.getCertificate(name, call)
      : client.getCertificateVersion(name, version, call),
  );
}
