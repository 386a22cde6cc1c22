/** Files that the product leaves behind for the user: where they may go, and how they get there. */
export {
  proveAppendable,
  proveFolder,
  proveOutput,
  resolveExisting,
  resolveOutput,
  uniqueText,
} from './place.js';
export { appendOutput, writeOutputs } from './write.js';
export { writeOnce } from './write-once.js';
