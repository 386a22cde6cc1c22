/** Certificates of signatures: parsed, named, and held to the rules of the specification. Pure. */
export {
  isIssuedBy,
  isOfSignerAlone,
  isSelfSigned,
  isValidAt,
  readAllCertificates,
  readCertificate,
  readChain,
  type Certificate,
} from './certificate.js';
export {
  endEntityFlaws,
  requireChain,
  requireSigningChain,
  type CertificateChain,
  type Flaw,
} from './chain-rules.js';
export { childrenOf, eachChildOf, writeDer, type DerValue } from '../../der.js';
export { readDer, readLargeDer, readTime } from './der.js';
export { readExtensions, requireUnderstood, type Extensions } from './extensions.js';
export { comparable, isPartOf, parseName, type NameAttributes } from './name.js';
export { prepareSigningChain, type SigningChain } from './signing-chain.js';
