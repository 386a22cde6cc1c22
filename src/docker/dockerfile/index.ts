export { fitsDockerContentTrust } from './docker-content-trust.js';
export { findBaseImages, type BaseImageOptions, type BaseImages } from './base-images.js';
export { pinForBuildKit, pinForClassicBuilder, pinnedReference } from './pins.js';
export { contextName, parseReference } from './reference.js';
