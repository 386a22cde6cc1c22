/** Notary v1 metadata: pure functions between bytes and typed documents. No I/O, no trust. */
export { isBase64 } from './base64.js';
export { canonicalJson } from './canonical-json.js';
export {
  certificateFactsOf,
  certificatesOf,
  delegationCertificateFlaw,
  rootCertificateFlaw,
  type CertificateExtension,
  type CertificateFacts,
} from './certificates.js';
export { MetadataError } from './error.js';
export { expiresWithin, formatExpires, parseExpires } from './expires.js';
export { foldCase, getOwnProperty } from './guards.js';
export { hashMismatch, sha256HexOf } from './hashes.js';
export { readJson, type JsonValue } from './json-text.js';
export {
  canonicalKeyIdOf,
  keyIdOf,
  keyObjectOf,
  minRsaBits,
  publicKeyFromCertificates,
  publicKeyFromSpki,
  rawKeyOf,
  readPublicKey,
} from './keys.js';
export { parseRoot, parseSnapshot, parseTargets, parseTimestamp } from './parse.js';
export { decodeCertificates, encodeCertificates } from './pem.js';
export {
  baseRoles,
  depthOf,
  isBaseRole,
  isChildOf,
  isDelegation,
  isRoleName,
  isSignerName,
  isTargetsRole,
  parentOf,
  pathsCover,
  releasesRole,
  restrictPaths,
  roleOfSigner,
  type BaseRole,
} from './roles.js';
export { canonicalForm, serializeEnvelope } from './serialize.js';
export { verifySignature } from './signatures.js';
export type * from './types.js';
export {
  hashIds,
  isKeyFor,
  x509AlgorithmOf,
  type HashName,
  type X509Algorithm,
} from './x509-algorithm.js';
