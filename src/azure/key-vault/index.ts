/** Keys and secrets of Azure Key Vault and Managed HSM. */
export type { VaultOptions } from './call.js';
export { openKey, type OpenedKey, type OpenKeyOptions } from './open-key.js';
export { openVaultKey, type VaultKey } from './open-vault-key.js';
export { readVaultSecret } from './read-secret.js';
