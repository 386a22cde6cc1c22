/** Reads trust data from a server and verifies it: the only way from bytes to trust. */
export { readRepository } from './read-repository.js';
export { openTrustCache, type TrustCache } from './trust-cache.js';
