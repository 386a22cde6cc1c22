/** Verification of Notary v1 data: bytes in, trusted view out, and questions about the view. */
export { TrustedCollection, type VerificationOptions } from './collection.js';
export { expiriesOf, expiryOf } from './expiries.js';
export { type Pin } from './pins.js';
export type {
  EarlierState,
  EffectiveRole,
  PinnedBy,
  SkippedRole,
  TrustedView,
  TrustWarning,
} from './view.js';
