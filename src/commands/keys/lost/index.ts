/** The command `keys lost`. */
export { showWayOut } from './lost.js';
