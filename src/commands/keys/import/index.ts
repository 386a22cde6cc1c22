/** The command `keys import`. */
export { importKeys } from './import.js';
