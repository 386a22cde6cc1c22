/** Which keys the trust server of a repository holds. Asking takes the right to publish. */
import { TrustError } from '../../errors.js';
import {
  isServerManaged,
  serverRoles,
  type ServerRole,
  type TrustedView,
} from '../../trust/index.js';
import type { OpenRepository } from './open-repositories.js';

/**
 * The roles whose key the server holds.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED, completed with its remedy.
 */
export async function heldServerRoles(
  { server, explain }: OpenRepository,
  view: TrustedView,
  signal: AbortSignal,
): Promise<readonly ServerRole[]> {
  const answers = await explain(() =>
    Promise.all(serverRoles.map((role) => isServerManaged(server, view, role, signal))),
  );
  return serverRoles.filter((_, index) => answers[index]);
}

/**
 * Makes sure that the server can publish for the repository.
 * @throws {TrustError} TRUST_SERVER_REJECTED when it lacks a key; SIGNER_NOT_AUTHORIZED.
 */
export async function requireServerKeys(
  repository: OpenRepository,
  view: TrustedView,
  signal: AbortSignal,
): Promise<void> {
  const { server, gun } = repository;
  const held = await heldServerRoles(repository, view, signal);
  const role = serverRoles.find((one) => !held.includes(one));
  if (role === undefined) return;
  throw new TrustError(
    'TRUST_SERVER_REJECTED',
    `the trust server ${server.host} cannot publish for ${gun}: it does not hold the ${role} key that the root names`,
    {
      remedy: `Have the owner of the root key give the ${role} role to the server once: "keys rotate" with the role ${role}. "notary init" leaves the snapshot key with the client; Docker never does.`,
    },
  );
}
