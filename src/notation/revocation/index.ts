/** Revocation of certificates by OCSP and CRLs. All but ./check.ts is pure. */
export { createRevocationCheck, type RevocationOptions } from './check.js';
