/** A container registry as this product uses it: names, tokens, manifests, existing logins. */
export { createRegistryAccess } from './access.js';
export type { RegistryAccess } from './access.js';
export { createBlobReader } from './blobs.js';
export type { ReadBlob } from './blobs.js';
export type { RegistryCredential } from './credential.js';
export { findDockerLogin } from './docker-config-credentials.js';
export type { DockerLoginQuery } from './docker-config-credentials.js';
export { grantedActions } from './granted-actions.js';
export type { GrantedActions } from './granted-actions.js';
export {
  formatImageReference,
  gunOf,
  isDigest,
  parseDigest,
  parseImageReference,
  parseRegistryHost,
  parseRepository,
  parseTag,
  registryEndpointOf,
  trustEndpointOf,
} from './image-name.js';
export type { ImageReference } from './image-name.js';
export { createRegistryClient } from './manifests.js';
export type { Manifest, RegistryClient } from './manifests.js';
export { isIndexMediaType, manifestMediaTypes } from './media-types.js';
export { createTokenSource } from './token-source.js';
export type { RegistryClientOptions, TokenSourceOptions } from './types.js';
