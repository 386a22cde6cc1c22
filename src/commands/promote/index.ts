/** The command `promote`: copies signed images to another repository, and signs them there. */
export { promoteImages } from './promote.js';
