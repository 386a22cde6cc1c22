/** The command `verify`: signatures of images that are named by inputs and in files. */
export { verifyImages } from './verify.js';
