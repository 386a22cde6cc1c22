/** Verification of Notary v1 data: bytes in, trusted view out, and questions about the view. */
export {
  anchored,
  isRootSignedBy,
  presentedRootKeys,
  type Anchored,
  type VouchingKey,
} from './anchor.js';
export { TrustedCollection } from './collection.js';
export { expiriesOf, expiryOf } from './expiries.js';
export { invalidData } from './failures.js';
export {
  canonicalIdOrNone,
  canonicalIds,
  describeKeys,
  keyNameOf,
  keyNamesOf,
  type KeyName,
} from './key-names.js';
export { lookUpTag, pullRoles, type LookUp } from './look-up.js';
export type { VerificationOptions } from './options.js';
export { type Pin } from './pins.js';
export {
  countingRootKeyIds,
  rootCertificatesEnd,
  timelessCountingRootKeyIds,
  type RootReader,
} from './root-keys.js';
export { verifyRootChain } from './root-chain.js';
export { countSignatures } from './signatures.js';
export {
  rolesSignableBy,
  visibilityOf,
  type SignableRoles,
  type SigningCandidate,
  type Visibility,
} from './signable.js';
export {
  adminKeysOf,
  listTags,
  repositoryAdmin,
  signersOf,
  type SignedTag,
  type SignerKeys,
} from './tags.js';
export type {
  EarlierState,
  EffectiveRole,
  PinnedBy,
  SkippedRole,
  TrustedView,
  TrustWarning,
} from './view.js';
export { rolesVouchingFor } from './vouching.js';
