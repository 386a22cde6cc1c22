/** The command `trust delete`. */
export { deleteRepositoryTrust } from './delete.js';
