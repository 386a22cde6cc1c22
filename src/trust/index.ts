/** Notary v1 for everybody above: reading, verifying, signing and publishing trust data. */
export * from './key-management/index.js';
export * from './metadata/index.js';
export * from './publishing/index.js';
export * from './reading/index.js';
export * from './server/index.js';
export type { Signer } from './signer.js';
export * from './verification/index.js';
