/**
 * Backups of keys and secrets as Key Vault makes them: encrypted by Azure, with all versions, and
 * useful only in a vault of the same subscription and geography. Never read here, only carried.
 */
import type { TokenCredential } from '@azure/core-auth';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';

import { isTrustError } from '../../errors.js';
import type { VaultKeyReference, VaultSecretReference } from '../../signing/index.js';
import { callVault, type VaultOptions } from './call.js';
import { softDeleted } from './conflicts.js';
import { clientOptions } from './pipeline.js';
import { failed } from './refusals.js';

/** What can be backed up; the version counts for nothing. */
export type BackupReference = VaultKeyReference | VaultSecretReference;

/**
 * Takes a backup of a key or secret.
 * @throws {TrustError} KEY_NOT_FOUND, VAULT_FORBIDDEN, VAULT_UNREACHABLE, VAULT_FAILED, INTERRUPTED;
 *   errors of the sign-in as they are
 */
export async function backupVaultObject(
  reference: BackupReference,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<Buffer> {
  const operation = { reference: { ...reference, version: undefined }, action: 'backup' } as const;
  const { vaultUrl, name } = reference;
  const blob = await callVault(operation, options, (call) =>
    reference.kind === 'vault-key'
      ? new KeyClient(vaultUrl, credential, clientOptions()).backupKey(name, call)
      : new SecretClient(vaultUrl, credential, clientOptions()).backupSecret(name, call),
  );
  if (blob === undefined || blob.length === 0) throw failed(operation, 'its answer is empty');
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
  reference: BackupReference,
  backup: Uint8Array,
  credential: TokenCredential,
  options: VaultOptions = {},
): Promise<void> {
  const operation = { reference: { ...reference, version: undefined }, action: 'restore' } as const;
  const { vaultUrl } = reference;
  try {
    await callVault(operation, options, (call): Promise<unknown> =>
      reference.kind === 'vault-key'
        ? new KeyClient(vaultUrl, credential, clientOptions()).restoreKeyBackup(backup, call)
        : new SecretClient(vaultUrl, credential, clientOptions()).restoreSecretBackup(backup, call),
    );
  } catch (error) {
    if (!isTrustError(error, 'KEY_CONFLICT')) throw error;
    throw (await isDeleted(operation.reference, credential, options))
      ? softDeleted(operation.reference, error)
      : error;
  }
}

/** A restore is refused alike for a name that lives and one that was deleted. */
async function isDeleted(
  reference: BackupReference,
  credential: TokenCredential,
  options: VaultOptions,
): Promise<boolean> {
  const { vaultUrl, name } = reference;
  try {
    await callVault({ reference, action: 'get' }, options, (call): Promise<unknown> =>
      reference.kind === 'vault-key'
        ? new KeyClient(vaultUrl, credential, clientOptions()).getDeletedKey(name, call)
        : new SecretClient(vaultUrl, credential, clientOptions()).getDeletedSecret(name, call),
    );
    return true;
  } catch (error) {
    // Whatever else keeps us from knowing: the conflict itself is what is to be told.
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return false;
  }
}
