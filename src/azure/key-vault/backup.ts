/**
 * Backups of keys, secrets and certificates as Key Vault makes them: encrypted by Azure, with all
 * versions, and useful only in a vault of the same subscription and geography. Never read here, only
 * carried.
 */
import type { TokenCredential } from '@azure/core-auth';
import { CertificateClient } from '@azure/keyvault-certificates';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';

import { isTrustError } from '../../errors.js';
import type { VaultReference } from '../../signing/index.js';
import { callVault, type VaultOptions } from './call.js';
import { softDeleted } from './conflicts.js';
import { clientOptions } from './pipeline.js';
import { failed, unreadable } from './error-mapping.js';

/**
 * Takes a backup of an object with all its versions; the backup of a certificate has its key and its
 * secret. The version of `reference` counts for nothing.
 * @throws {TrustError} KEY_NOT_FOUND, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED;
 *   errors of the sign-in as they are
 */
export async function backupVaultObject(
  reference: VaultReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<Buffer> {
  const operation = { reference: { ...reference, version: undefined }, action: 'backup' } as const;
  const { name } = reference;
  const client = clientFor(reference, credential);
  const blob: unknown = await callVault(operation, options, (call) => {
    if (client instanceof KeyClient) return client.backupKey(name, call);
    if (client instanceof SecretClient) return client.backupSecret(name, call);
    return client.backupCertificate(name, call);
  });
  if (!(blob instanceof Uint8Array)) throw unreadable(operation);
  if (blob.length === 0) throw failed(operation, 'its response is empty');
  return Buffer.from(blob);
}

/**
 * Restores a backup. Its name is in the backup: `reference` says where it goes and what it is called
 * there, for messages.
 * @throws {TrustError} KEY_CONFLICT when the name is taken, by a deleted object too; VAULT_FAILED for a
 *   backup that the vault does not take; VAULT_FORBIDDEN, VAULT_UNREACHABLE, INTERRUPTED; errors of
 *   the sign-in as they are
 */
export async function restoreVaultObject(
  reference: VaultReference,
  backup: Uint8Array,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<void> {
  const operation = { reference: { ...reference, version: undefined }, action: 'restore' } as const;
  const client = clientFor(reference, credential);
  try {
    await callVault(operation, options, (call): Promise<unknown> => {
      if (client instanceof KeyClient) return client.restoreKeyBackup(backup, call);
      if (client instanceof SecretClient) return client.restoreSecretBackup(backup, call);
      return client.restoreCertificateBackup(backup, call);
    });
  } catch (error) {
    if (!isTrustError(error, 'KEY_CONFLICT')) throw error;
    // A restore is refused alike for a name that lives and one that was deleted.
    throw (await isKnownDeleted(operation.reference, credential, options))
      ? softDeleted(operation.reference, error)
      : error;
  }
}

/**
 * Whether a deleted object has the name, so that it can be recovered.
 * @throws {TrustError} what keeps the vault from being asked; a refusal counts as no.
 */
export async function isDeleted(
  reference: VaultReference,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<boolean> {
  const { name } = reference;
  const client = clientFor(reference, credential);
  try {
    await callVault({ reference, action: 'get' }, options, (call): Promise<unknown> => {
      if (client instanceof KeyClient) return client.getDeletedKey(name, call);
      if (client instanceof SecretClient) return client.getDeletedSecret(name, call);
      return client.getDeletedCertificate(name, call);
    });
    return true;
  } catch (error) {
    // Looking may be forbidden where making is not: then making it will tell.
    if (isTrustError(error, 'KEY_NOT_FOUND', 'VAULT_FORBIDDEN')) return false;
    throw error;
  }
}

/** As {@link isDeleted}; false as well where the vault cannot tell. */
export async function isKnownDeleted(...asked: Parameters<typeof isDeleted>): Promise<boolean> {
  try {
    return await isDeleted(...asked);
  } catch (error) {
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return false;
  }
}

type Client = KeyClient | SecretClient | CertificateClient;

function clientFor({ kind, vaultUrl }: VaultReference, credential: TokenCredential): Client {
  switch (kind) {
    case 'vault-key':
      return new KeyClient(vaultUrl, credential, clientOptions(credential));
    case 'vault-secret':
      return new SecretClient(vaultUrl, credential, clientOptions(credential));
    case 'vault-certificate':
      return new CertificateClient(vaultUrl, credential, clientOptions(credential));
  }
}
