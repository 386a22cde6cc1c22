/** The command `keys export`. */
export { exportKeys } from './export.js';
