/** The command `keys backup`. */
export { backUpKeys } from './backup.js';
