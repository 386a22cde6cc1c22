/** The client of a Notary v1 server: bytes in, bytes out, refusals explained. */
export { createTrustServer } from './client.js';
export type {
  DeletionOutcome,
  PublishOutcome,
  RoleRequest,
  TrustServer,
  TrustServerOptions,
} from './types.js';
