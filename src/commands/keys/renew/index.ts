/** The command `keys renew`. */
export { renewKeys } from './renew.js';
