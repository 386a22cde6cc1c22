/** Files that name images: plain lists, compose files, Kubernetes manifests. */
export { keyOf, requestsOf, type ImageRequest } from './image-requests.js';
export { mentionsOf, readImageFiles, type FileTrouble } from './read-files.js';
export { FileProblem, type ImageFile, type Mention } from './types.js';
export {
  destinationsOf,
  fillIn,
  strayFilesIn,
  writeImageFiles,
  type Destination,
} from './write-files.js';
