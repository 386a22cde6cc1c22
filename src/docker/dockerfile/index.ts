export { fitsDockerContentTrust } from './docker-content-trust.js';
export {
  findBaseImages,
  type BaseImage,
  type BaseImageOptions,
  type BaseImages,
  type UnresolvedImage,
} from './base-images.js';
export {
  pinForBuildKit,
  pinForClassicBuilder,
  pinnedReference,
  type PinDecisions,
  type PinPlan,
} from './pins.js';
export { contextName, parseReference } from './reference.js';
