/** Asks a server for its keys. */
import { keyIdOf, getOwnProperty } from '../metadata/index.js';
import type { PublicKey, RoleName } from '../metadata/types.js';
import type { TrustServer } from '../server/index.js';
import type { TrustedView } from '../verification/index.js';

/**
 * Whether the server holds the key that the root names for `role`: a server that does hands out that
 * one, any other makes a new one, which does no harm. It takes the right to publish.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED; as fetchServerKey.
 */
export async function isServerManaged(
  server: TrustServer,
  view: TrustedView,
  role: 'snapshot' | 'timestamp',
  signal?: AbortSignal,
): Promise<boolean> {
  return isNamed(view, role, await server.fetchServerKey(role, signal));
}

/**
 * A key of the server for `role` that the root does not name yet. Where the server does not hold the
 * named one, it is the one that it hands out, for which the right to publish suffices; only to make
 * a new one in the place of its own it asks for all rights.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED; as fetchServerKey and rotateServerKey.
 */
export async function newServerKey(
  server: TrustServer,
  view: TrustedView,
  role: 'snapshot' | 'timestamp',
  signal?: AbortSignal,
): Promise<PublicKey> {
  const key = await server.fetchServerKey(role, signal);
  return isNamed(view, role, key) ? server.rotateServerKey(role, signal) : key;
}

function isNamed({ root }: TrustedView, role: RoleName, key: PublicKey): boolean {
  return getOwnProperty(root.signed.roles, role)?.keyids.includes(keyIdOf(key)) === true;
}
