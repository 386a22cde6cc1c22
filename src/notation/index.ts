/**
 * Notary Project signatures: envelopes, certificates, trust policies, time stamps, verification.
 * Pure: bytes come in and go out; src/registry stores them, commands fetch and send.
 */
export { signingKeys, type SignatureAlgorithm } from './algorithms.js';
export {
  prepareSigningChain,
  readCertificate,
  type Certificate,
  type CertificateChain,
  type SigningChain,
} from './certificates/index.js';
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
export { RuleError } from './rule-error.js';
export {
  signImage,
  type AttachedSignature,
  type ChainSigner,
  type ImageOrder,
  type ManifestDescriptor,
  type ManifestFacts,
  type SignatureStore,
  type StoredEnvelope,
} from './sign-image.js';
export {
  envelopeLayer,
  signatureArtifactType,
  storedSignature,
  type StoredSignature,
} from './storage/signature-manifest.js';
export {
  readTimestampReply,
  requestTimestamp,
  timestampMediaTypes,
  type ReceivedTimestamp,
  type TimestampRequest,
} from './timestamp/index.js';
export * from './verification/index.js';
