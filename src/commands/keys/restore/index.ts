/** The command `keys restore`. */
export { restoreKeys } from './restore.js';
