/** The command `keys rotate`. */
export { rotateKeys } from './rotate.js';
