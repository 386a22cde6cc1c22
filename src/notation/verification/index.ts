/** Verification of signatures: envelope, policy and time in, a verdict with one reason out. */
export type { RevocationCheck, RevocationStatus } from './revocation.js';
export type * from './verdict.js';
export { verifySignature, type SignatureToVerify } from './verify-signature.js';
