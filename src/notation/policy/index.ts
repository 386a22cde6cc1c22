/** Trust policies and trust stores, in the formats of notation. Pure. */
export type { CheckAction, LevelName, VerificationLevel } from './levels.js';
export {
  checkIdentities,
  makeTrustPolicy,
  type MadePolicy,
  type TrustedSigners,
} from './make-policy.js';
export {
  readTrustPolicy,
  statementFor,
  type TrustPolicy,
  type TrustPolicyStatement,
  type TrustStoreName,
  type TrustStoreType,
  type VerifyingStatement,
} from './trust-policy.js';
export {
  anchorsOf,
  readAnchors,
  readTrustStore,
  storeKey,
  type TrustAnchors,
  type TrustStore,
  type TrustStoreFile,
} from './trust-store.js';
