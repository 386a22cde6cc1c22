/** The client of a Notary v1 server: bytes in, bytes out, refusals explained. */
export { parseTrustServer, trustServerOf } from './address.js';
export { createTrustServer } from './client.js';
export { missingServerKey } from './error-mapping.js';
export type { PublishOutcome, TrustServer } from './types.js';
