/** The Docker CLI: what it can do, its private configuration, builds, pushes and base images. */
export * from './dockerfile/index.js';
export {
  buildArguments,
  checkBuildRequest,
  printableCommand,
  type BuildOutput,
  type BuildRecordFiles,
  type BuildRequest,
} from './build-arguments.js';
export type { ContentDescriptor } from './build-record.js';
export { runBuild, type BuildResult, type BuildRunOptions } from './build.js';
export {
  dockerCapabilities,
  requireContentTrust,
  type BuilderFacts,
  type BuilderNode,
  type ClientFacts,
  type DockerCapabilities,
  type EngineAddress,
  type EngineFacts,
} from './capabilities.js';
export { createDockerCli, type DockerCall, type DockerCli, type DockerCliOptions } from './cli.js';
export type { RegistryLogin } from './config-file.js';
export {
  dockerEnvironment,
  namesReferredTo,
  readVariable,
  variableOfBuildArg,
  variableOfSecret,
  type EnvironmentOptions,
  type EnvironmentSource,
} from './environment.js';
export { readExtraArguments, type ExtraArguments } from './extra-arguments.js';
export { isLoginRefusal } from './error-mapping.js';
export { findLocalImage, resolveLocalImage, type LocalImage } from './images.js';
export {
  isRemoteContext,
  locateContext,
  locateDockerfile,
  type LocatedDockerfile,
} from './locate-dockerfile.js';
export { removeAbandonedConfigs } from './abandoned-configs.js';
export { copyDockerfile } from './dockerfile-copy.js';
export {
  parseSourcePolicy,
  policyFor,
  policyVariable,
  requireNoConversion,
  type PolicyRule,
} from './source-policy/index.js';
export {
  createPrivateConfig,
  privateConfigPrefix,
  removePrivateConfig,
  type PrivateConfig,
  type PrivateConfigOptions,
} from './private-config.js';
export {
  pushTags,
  pushedContent,
  type PushProgress,
  type PushRequest,
  type PushedContent,
} from './push.js';
export { pushUnder, renameLocally } from './staging.js';
export {
  listTrustKeys,
  removeTrustKey,
  writeTrustData,
  writeTrustKeys,
  type DockerKey,
  type KnownTrustData,
} from './trust-store.js';
export { pushAndSignTags, type TrustedPushRequest } from './trusted-push.js';
