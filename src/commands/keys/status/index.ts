/** The command `keys status`. */
export { showKeysStatus } from './status.js';
