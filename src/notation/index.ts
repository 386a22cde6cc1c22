/**
 * Notary Project signatures: envelopes, certificates, trust policies, time stamps, verification.
 * Bytes come in and go out: src/registry stores them. Only revocation and time stamps ask others.
 */
export type { SignatureAlgorithm } from './algorithms.js';
export {
  isOfSignerAlone,
  isSelfSigned,
  prepareSigningChain,
  readCertificate,
  type Certificate,
  type CertificateChain,
  type SigningChain,
} from './certificates/index.js';
export * from './cluster-policies/index.js';
export { proveChainSigner, type ChainSigner } from './chain-signer.js';
export {
  envelopeMediaTypes,
  metadataFlaw,
  type Envelope,
  type EnvelopeFormat,
  type SignedDescriptor,
} from './envelope/index.js';
export * from './policy/index.js';
export {
  prepareSignature,
  type FinishedSignature,
  type PendingSignature,
  type SignatureOrder,
} from './prepare-signature.js';
export { createRevocationCheck, type RevocationOptions } from './revocation/index.js';
export { RuleError } from './rule-error.js';
export { findSignature, signImage, type AttachedSignature, type ImageOrder } from './sign-image.js';
export {
  boundTags,
  signImagesOfTags,
  tagMetadata,
  tagPrefix,
  type ImageSignature,
  type TagsOrder,
} from './sign-tags.js';
export {
  envelopeLayer,
  signatureArtifactType,
  storedSignature,
  type StoredSignature,
} from './storage/signature-manifest.js';
export type {
  ListedSignature,
  ManifestDescriptor,
  SignatureStore,
  StoredEnvelope,
} from './storage/signature-store.js';
export {
  describeSignatures,
  type DescribedSignature,
  type SignatureDescription,
} from './describe-signatures.js';
export { readTrustPolicyFile, readTrustStoreFolder } from './trust-files.js';
export {
  imageProblem,
  verifyImage,
  type ImageVerdict,
  type SignatureOutcome,
  type SignatureTrust,
} from './verify-image.js';
export {
  createTimestamper,
  fetchTimestamp,
  requestTimestamp,
  type ReceivedTimestamp,
  type TimestampOptions,
  type TimestampRequest,
  type Timestamper,
} from './timestamp/index.js';
export * from './verification/index.js';
