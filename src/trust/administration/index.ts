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
  isOurConcern,
  isSnapshotHeldByClient,
  renewals,
  type Renewal,
  type RenewalRules,
  type RenewalWay,
} from './renewals.js';
export { newServerKey, serverHolds } from './server-holds.js';
export { deleteTrustData, type DeletionOptions } from './delete-trust-data.js';
export type { RoleExchange, RotationDraft, RotationQuestion, Unchanged } from './exchange.js';
export {
  examineHandOver,
  handOverRoles,
  serverRoles,
  type HandedOver,
  type HandOverDraft,
  type HandOverOptions,
  type HandOverQuestion,
  type ServerRole,
} from './hand-over.js';
export { listingOf, type KeyHolder, type ListedKey, type RoleListing } from './role-listing.js';
export { examineRotation, rotateKey, type Rotated, type RotationOptions } from './rotate-key.js';
export { pullChanges, type PullChange } from './pull-changes.js';
export {
  planSignerRemoval,
  removeSigner,
  type ReleasesFate,
  type RemovedSigner,
  type RemoveSignerOptions,
  type SignerRemovalPlan,
} from './remove-signer.js';
export { lossNotConfirmed, type LossInputs } from './signer-refusals.js';
