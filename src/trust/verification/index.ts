/** Verification of Notary v1 data: bytes in, trusted view out, and questions about the view. */
export {
  anchored,
  isRootSignedBy,
  presentedRootKeys,
  type Anchored,
  type VouchingKey,
} from './anchor.js';
export { TrustedCollection } from './collection.js';
export { dockerIndent, dockerInspection } from './docker-inspection.js';
export { drawTrustData } from './drawing.js';
export { expiriesOf, expiryOf } from './expiries.js';
export { exportTrustData, type ExportedTrustData } from './export.js';
export { invalidData } from './errors.js';
export { canonicalIdOrNone, canonicalIds, keyNamesOf, type KeyName } from './key-names.js';
export { lookUpTag, pullRoles } from './look-up.js';
export type { VerificationOptions } from './options.js';
export { preparePin, type Pin } from './pins.js';
export {
  countingRootKeyIds,
  rootCertificatesExpiry,
  countingRootKeyIdsIgnoringDates,
  signingRootKeys,
} from './root-keys.js';
export { verifyRootChain } from './root-chain.js';
export { countSignatures } from './signatures.js';
export { rolesOf, type RoleFacts } from './role-facts.js';
export { lookUpImage, type SignedImage } from './signed-image.js';
export {
  describePin,
  matchedPin,
  nameOfPin,
  rootWords,
  signedWords,
  warnOfFirstUse,
} from './root-words.js';
export { signingRoles, visibilityOf, type SigningCandidate } from './signing-roles.js';
export { adminKeysOf, listTags, signersOf, type SignedTag } from './tags.js';
export type { EarlierState, EffectiveRole, TrustedView } from './view.js';
