/** The test stack: a registry of our own to test against. Public surface for tests and the demo. */
export { connectStack, run } from './client/index.js';
export type {
  Login,
  NotaryTarget,
  RunOptions,
  RunResult,
  SignedTag,
  StackClient,
  TrustInspection,
} from './client/index.js';
export { createCertificateAuthority } from './front/ca.js';
export type { FrontFault, FrontRequest, RequestFilter } from './front/index.js';
export type { StackInfo } from './info.js';
export { startStack, type Stack, type StackOptions } from './owner.js';
export type { EngineName, ServerName, StoredManifest, TrustState } from './servers/index.js';
export { createTestRegistry, uniqueName } from './principals.js';
export type { Principal, TestRegistry, TestRegistryOptions } from './principals.js';
export { missingForStack } from './requirements.js';
export { type Tools } from './tools/index.js';
