/** Administration of a repository's roles and keys, on top of publishing. */
export {
  addSigner,
  planSignerAddition,
  type AddedSigner,
  type AddSignerOptions,
  type SignerAddition,
  type WantedSigner,
} from './add-signer.js';
export { listSigners, type ListedSigner, type SignerListing } from './list-signers.js';
export { planRenewal, type RenewalPlan } from './plan-renewal.js';
export { renewRoles, type RenewedRoles, type RenewRolesOptions } from './renew-roles.js';
export {
  isDue,
  isClientRenewed,
  isSnapshotClientManaged,
  roleExpiries,
  type RoleExpiry,
  type ExpiryRules,
  type ExpiryRemedy,
} from './expiry.js';
export { newServerKey, isServerManaged } from './server-holds.js';
export { deleteTrustData, type DeletionOptions } from './delete-trust-data.js';
export type {
  KeyReplacement,
  RotationDraft,
  RotationRequest,
  Unchanged,
} from './key-replacement.js';
export {
  draftServerKeys,
  publishServerKeys,
  serverRoles,
  type PublishedServerKeys,
  type ServerKeyDraft,
  type ServerKeyOptions,
  type ServerKeyRequest,
  type ServerRole,
} from './server-managed-key.js';
export { listingOf, type SignerInfo, type ListedKey, type RoleListing } from './role-listing.js';
export { draftRotation, rotateKey, type Rotated, type RotationOptions } from './rotate-key.js';
export { pullChanges, type PullChange } from './pull-changes.js';
export {
  planSignerRemoval,
  removeSigner,
  type ReleasesFate,
  type RemovedSigner,
  type RemoveSignerOptions,
  type SignerRemovalPlan,
} from './remove-signer.js';
export { tagLossNotConfirmed, type LossInputs } from './signer-errors.js';
