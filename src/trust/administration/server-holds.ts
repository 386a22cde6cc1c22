/** Asks a server for its keys. */
import { keyIdOf, own } from '../metadata/index.js';
import type { TrustServer } from '../server/index.js';
import type { TrustedView } from '../verification/index.js';

/**
 * Whether the server holds the key that the root names for `role`: a server that does hands out that
 * one, any other makes a new one, which does no harm. It takes the right to publish.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED; as fetchServerKey.
 */
export async function serverHolds(
  server: TrustServer,
  view: TrustedView,
  role: 'snapshot' | 'timestamp',
  signal?: AbortSignal,
): Promise<boolean> {
  const key = await server.fetchServerKey(role, signal);
  return own(view.root.signed.roles, role)?.keyids.includes(keyIdOf(key)) === true;
}
