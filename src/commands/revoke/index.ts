/** The command `revoke`: takes tags away from the roles that a key may sign. */
export { revokeTags } from './revoke.js';
