/** Administration of a repository's roles and keys, on top of publishing. */
export { addSigner, planSignerAddition, type SignerAddition } from './add-signer.js';
export { listSigners, type SignerListing } from './list-signers.js';
export {
  assessKeys,
  isRenewableByTargets,
  type KeyAssessment,
  type KeysOfRole,
} from './assess-keys.js';
export { findingsOf } from './describe-assessment.js';
export {
  dayOf,
  expiryError,
  firstRoleExpiry,
  nameOfExpiry,
  neededKeys,
  renewableBy,
  renewalError,
  troublesOf,
} from './describe-expiry.js';
export { planRenewal } from './plan-renewal.js';
export { renewRoles, type RenewRolesOptions } from './renew-roles.js';
export {
  isDue,
  isClientRenewed,
  roleExpiries,
  type RoleExpiry,
  type ExpiryRules,
} from './expiry.js';
export {
  heldServerRoles,
  isServerManaged,
  newServerKey,
  requireServerKeys,
} from './server-holds.js';
export { deleteTrustData } from './delete-trust-data.js';
export type { KeyReplacement } from './key-replacement.js';
export {
  draftServerKeys,
  publishServerKeys,
  serverRoles,
  type ServerRole,
} from './server-managed-key.js';
export { keyUsage, rolesWithKeys, type KeyUsage } from './key-usage.js';
export type { SignerInfo } from './role-listing.js';
export { pinsForNewRoot } from './root-signers.js';
export { draftRotation, rotateKey, type RotationOptions } from './rotate-key.js';
export { type PullChange } from './pull-changes.js';
export {
  planSignerRemoval,
  removeSigner,
  type ReleasesFate,
  type SignerRemovalPlan,
} from './remove-signer.js';
export { tagLossNotConfirmed } from './signer-errors.js';
export { requireSeparateKey, separateKeys } from './separate-keys.js';
