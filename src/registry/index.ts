/** A container registry as this product uses it: names, tokens, content, existing logins. */
export { createRegistryAccess } from './access.js';
export type { RegistryAccess } from './access.js';
export { createBlobReader } from './blobs.js';
export type { ReadBlob } from './blobs.js';
export {
  isSameRegistry,
  parseCopiedImage,
  splitCopiedName,
  withoutDefaultPort,
  type CopiedImage,
} from './copied-name.js';
export { copyImages, planCopies, plannedFacts, sizeOf } from './copy-images.js';
export type { CopyFacts, ImageToCopy } from './copy-images.js';
export type { CopyPlan } from './copy-plan.js';
export type { RegistryCredential } from './credential.js';
export { findDockerLogin } from './docker-config-credentials.js';

export { ageProblem, imageDatesOf } from './image-age.js';
export { listRepositories } from './catalog.js';
export { platformManifests } from './content.js';
export { describeManifest } from './describe-manifest.js';
export { readImageConfigs } from './image-configs.js';
export {
  dockerConfigKey,
  formatImageReference,
  gunOf,
  imageOfGun,
  parseDigest,
  parseImageReference,
  parseRegistryAddress,
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
export {
  attachArtifact,
  type Artifact,
  type AttachedArtifact,
  type KnownOfRepository,
} from './attach-artifact.js';
export { readArtifactManifest, type ArtifactManifest } from './artifact-manifest.js';
export {
  copyArtifacts,
  planArtifacts,
  type AttachedCopy,
  type PlannedArtifacts,
} from './copy-artifacts.js';
export { hasReferrersApi, listReferrers, type Referrer, type Referrers } from './referrers.js';
export { checkTagPattern, parseNamePattern, selectTags } from './patterns.js';
export type { NamePattern, TagSelection } from './patterns.js';
export { isAttachmentTag } from './tag-list.js';
export { lookUpTags, movedAfter, movedBefore } from './tag-digests.js';
export type { TagDigests } from './tag-digests.js';
export { createTokenSource, type ScopedTokens } from './token-source.js';
export type { RegistryClientOptions, RepositoryAccess, TokenSourceOptions } from './types.js';
