/** Keys and secrets of Azure Key Vault and Managed HSM. */
export { backupVaultObject, restoreVaultObject } from './backup.js';
export type { VaultOptions } from './call.js';
export { otherKey } from './conflicts.js';
export { createVaultKey, type CreateKeyOptions } from './create-key.js';
export { findVaultKey } from './find-key.js';
export {
  assertImportable,
  importVaultKey,
  type ImportedVaultKey,
  type ImportKeyOptions,
} from './import-key.js';
export {
  listKeyVersions,
  listVaultKeys,
  type ListKeysOptions,
  type VaultKeyVersion,
} from './list-keys.js';
export { openKey, type OpenedKey, type OpenKeyOptions } from './open-key.js';
export {
  openPublicKey,
  type OpenedPublicKey,
  type OpenPublicKeyOptions,
} from './open-public-key.js';
export { openVaultKey, type VaultKey } from './open-vault-key.js';
export { readCertificate, type VaultCertificate } from './read-certificate.js';
export { readKeyBytes } from './read-key-bytes.js';
export {
  readVaultKey,
  readVersionIdentity,
  type VaultKeyInfo,
  type VaultName,
  type VersionIdentity,
} from './read-key.js';
export { readPassphrase, type ReadPassphraseOptions } from './read-passphrase.js';
export { readSecretVersion, readVaultSecret, type SecretVersion } from './read-secret.js';
export {
  keyIdInSecret,
  setVaultSecret,
  type SetSecretOptions,
  type StoredSecret,
} from './set-secret.js';
export { recordRoots, rootTag, type RecordChange, type RecordOutcome } from './root-record.js';
export { vaultFlagOf } from './wording.js';
export { gunTag, purposeOf, roleTag, tagsFor, type KeyPurpose } from './tags.js';
