/** Reads trust data from a server and verifies it: the only way from bytes to trust. */
export { readRepository, type ReadOptions } from './read-repository.js';
