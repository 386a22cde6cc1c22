/** Keys and secrets of Azure Key Vault and Managed HSM. */
export { backupVaultObject, restoreVaultObject } from './backup.js';
export { isOpenToOthers, readBackup } from './backup-folder.js';
export type { BackupObject } from './backup-manifest.js';
export { explainVersion } from './key-version-hint.js';
export {
  asOwner,
  isMatterOfRights,
  openNamedKey,
  type KeyUser,
  type NamedKey,
  type VaultAccess,
} from './named-key.js';
export { openAvailableKeys, type AvailableKey, type KeySource } from './available-keys.js';
export { restoreObject, type RestoredObject } from './restore-object.js';
export type { VaultOptions } from './call.js';
export { createVaultKey, keyNameOf, makeVaultKey, type NewVaultKey } from './create-key.js';
export {
  findNamedKeys,
  listedVersionOf,
  openFoundKeys,
  type FoundKey,
  type ReadyKey,
} from './find-named-keys.js';
export { assertImportable, importVaultKey } from './import-key.js';
export { listKeyVersions, listVaultKeys } from './list-keys.js';
export { openKey, type OpenedKey, type OpenKeyOptions } from './open-key.js';
export { resolvePins, resolveScopedPins } from './open-pin.js';
export { openPublicKey, type OpenedPublicKey } from './open-public-key.js';
export { openChainSigner } from './open-chain-signer.js';
export { openSigningCertificate, readChainSecret } from './open-signing-certificate.js';
export { openVaultKey } from './open-vault-key.js';
export { readKeyBytes } from './read-key-bytes.js';
export { readVaultKey, type VaultKeyInfo, type VaultName } from './read-key.js';
export { isVaultUrl } from './passphrase.js';
export {
  labelKey,
  readExportable,
  requireExportable,
  type ExportableKey,
  type ExportableReference,
  type LabelledKey,
} from './read-exportable.js';
export { readPassphrase } from './read-passphrase.js';
export { readSecretVersion, readVaultSecret } from './read-secret.js';
export { setVaultSecret } from './set-secret.js';
export { noteRoots } from './note-roots.js';
export { keysWithRecord } from './root-record.js';
export { storedKeyName, storeKey, type StoreAs, type StoredInVault } from './store-key.js';
export {
  identifyObjects,
  requireBackupPlace,
  updateBackup,
  type BackupRequest,
} from './update-backup.js';
export { purposeOf, tagsFor, type KeyPurpose } from './tags.js';
export { openRemainingKeys, type UnopenedKey } from './open-remaining-keys.js';
export { recoverySteps, type Situation, type Step } from './recovery-steps.js';
export { findVaultKey } from './find-key.js';
export { readCertificate, readTrustedCertificate } from './read-certificate.js';
export { isInManagedHsm, vaultNameOf } from './wording.js';
