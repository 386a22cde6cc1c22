/** As the subjects do many things at the same time, so do the commands. */
export { mapAtOnce } from '../at-once.js';
