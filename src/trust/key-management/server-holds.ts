/** Asks a server for its keys. */
import { keyIdOf, getOwnProperty } from '../metadata/index.js';
import type { PublicKey, RoleName } from '../metadata/types.js';
import { missingServerKey, type TrustServer } from '../server/index.js';
import type { TrustedView } from '../verification/index.js';
import { serverRoles, type ServerRole } from './server-managed-key.js';

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

/**
 * The roles whose key the server holds.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED; as fetchServerKey.
 */
export async function heldServerRoles(
  server: TrustServer,
  view: TrustedView,
  signal?: AbortSignal,
): Promise<readonly ServerRole[]> {
  const answers = await Promise.all(
    serverRoles.map((role) => isServerManaged(server, view, role, signal)),
  );
  return serverRoles.filter((_, index) => answers[index]);
}

/**
 * Makes sure that the server can publish for the repository.
 * @throws {TrustError} TRUST_SERVER_REJECTED when it lacks a key; SIGNER_NOT_AUTHORIZED.
 */
export async function requireServerKeys(
  server: TrustServer,
  view: TrustedView,
  signal?: AbortSignal,
): Promise<void> {
  const held = await heldServerRoles(server, view, signal);
  const role = serverRoles.find((one) => !held.includes(one));
  if (role === undefined) return;
  throw missingServerKey(server, role);
}

function isNamed({ root }: TrustedView, role: RoleName, key: PublicKey): boolean {
  return getOwnProperty(root.signed.roles, role)?.keyids.includes(keyIdOf(key)) === true;
}
