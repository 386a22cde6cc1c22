/** The command `keys init`. */
export { initKeys } from './init.js';
