/** The Docker CLI: what it can do, its private configuration, builds, pushes and base images. */
export * from './dockerfile/index.js';
export {
  buildArguments,
  checkBuildRequest,
  printableCommand,
  type BuildOutput,
  type BuildRequest,
} from './build-arguments.js';

export { labelBaseImage } from './base-image-labels.js';
export { buildPinned } from './build-pinned.js';
export { runBuild, type BuildResult } from './build.js';
export {
  dockerCapabilities,
  pushesByDigest,
  requireContentTrust,
  type DockerCapabilities,
} from './capabilities.js';
export {
  checkDocker,
  openDocker,
  type CheckedDocker,
  type DockerNeeds,
  type WantedBuild,
} from './check-docker.js';
export { createDockerCli, type DockerCli } from './cli.js';

export {
  dockerEnvironment,
  namesReferredTo,
  readVariable,
  userDockerConfig,
} from './environment.js';
export { readExtraArguments } from './extra-arguments.js';
export { resolveLocalImage } from './images.js';
export {
  folderOfDockerfile,
  isRemoteContext,
  locateContext,
  locateDockerfile,
  type LocatedDockerfile,
} from './locate-dockerfile.js';
export { removeAbandonedConfigs } from './abandoned-configs.js';
export { copyDockerfile } from './dockerfile-copy.js';
export {
  baseImageOptions,
  prepareBuild,
  readsRegistry,
  type PreparedBuild,
} from './prepare-build.js';
export { createPrivateConfig, type PrivateConfig } from './private-config.js';
export { privateConfigPrefix, removePrivateConfig } from './private-config-folder.js';
export {
  withPrivateDocker,
  type DockerLogin,
  type DockerUse,
  type PrivateDocker,
} from './private-docker.js';
export { readPipelineRun, withLabels, type PipelineRun } from './pipeline-run.js';
export { pushTags, type PushProgress, type PushRequest, type PushedContent } from './push.js';
export { lookUpPushed, resolvePushed } from './resolve-pushed.js';
export { pushUnder, renameLocally } from './staging.js';
export { writeTrustData, writeTrustKeys } from './trust-store.js';
export { pushAndSignTags } from './trusted-push.js';
export {
  verifyBaseImages,
  type BaseImageDecisions,
  type BaseImageReport,
} from './verify-base-images.js';
