/** Azure as this product uses it: clouds, identity, registry login, permissions, Key Vault. */
export { parseRegistryId } from './arm.js';
export type { ArmAccess } from './arm.js';
export { assertionOf, requestGitHubToken } from './assertion.js';
export {
  cloudByAuthority,
  cloudByName,
  cloudOfRegistry,
  cloudOfVault,
  clouds,
  isRegistryHost,
} from './clouds.js';
export type { Cloud, CloudName } from './clouds.js';
export { createCredential } from './credentials.js';
export type { CredentialOptions } from './credentials.js';
export { isGuid } from './identity.js';
export type { AssertionIdentity, CertificateIdentity, Identity } from './identity.js';
export * from './key-vault/index.js';
export { principalOf, type Principal } from './principal.js';
export { loginToRegistry, registryTokenUser } from './registry-login.js';
export type { RegistryLogin, RegistryLoginOptions } from './registry-login.js';
export { findRegistryId } from './find-registry.js';
export {
  readRegistryPermissions,
  type PermissionAnswer,
  type RegistryPermissions,
} from './permissions.js';
export {
  contentTrustObstacles,
  readRegistryProperties,
  usesRepositoryPermissions,
  type RegistryProperties,
  type TrustProperty,
} from './registry-properties.js';
export {
  checkRegistry,
  explainRefusal,
  grantedRights,
  pushNotAuthorized,
  requirePush,
  roleMissing,
} from './registry-rights.js';
export { findVaultId, readAssignedRoles } from './role-assignments.js';
