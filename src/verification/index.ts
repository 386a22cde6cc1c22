/** What `verify` and `promote` ask of images, by both kinds of signatures. */
export { judgeAll } from './judge.js';
export { loadTrustData, type Reading } from './load-trust-data.js';
export type { VerifyPolicy } from './requirements.js';
export { parseScopedPin, pinsFor, type ScopedPin } from './scoped-pins.js';
export { openSignatureLookup, type OpenTrust, type SignaturePolicy } from './signature-lookup.js';
export {
  inspectRepository,
  type InspectionRequest,
  type RepositoryFacts,
  type TagFacts,
  type UnsignedTag,
} from './inspect-repository.js';
export { signatureText } from './tag-signatures.js';
export {
  namedCertificates,
  parseCertificateSource,
  type CertificateAccess,
  type NamedCertificates,
  type ReadCertificates,
} from './trusted-certificates.js';
export { failureOf, type RequiredKinds, type Verdict } from './verdict.js';
