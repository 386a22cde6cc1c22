/**
 * Gives the snapshot or the timestamp role to the server: it makes the key, a root that names it is
 * published. Where `notary init` left the snapshot key with a client, this is the one publish that
 * the server accepts without a snapshot, since from that root on it makes the snapshot itself.
 */
import { withRootKeys, type RoleKeyChange } from '../edits/index.js';
import { keyIdOf, type BaseRole } from '../metadata/index.js';
import type { PublicKey } from '../metadata/types.js';
import { publishChange, type ChangeOptions, type Plan } from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import type { TrustedView } from '../verification/index.js';
import { requireListing, type KeyReplacement } from './key-replacement.js';
import { listingOf, type ChosenSigner, type SignerInfo } from './role-listing.js';
import { rootSigners, type ReaderContext } from './root-signers.js';

/** The roles whose keys a server can hold. */
export const serverRoles = ['snapshot', 'timestamp'] as const;
export type ServerRole = (typeof serverRoles)[number];

/** What a hand-over would change. */
interface ServerKeyDraft<S extends SignerInfo> {
  /** The roles that get a new key; none when the server holds what it needs. */
  readonly replacements: readonly KeyReplacement[];
  /** Who signs the root. */
  readonly signedBy: readonly ChosenSigner<S>[];
}

/** What a hand-over is judged by. */
interface ServerKeyRequest<S extends SignerInfo> {
  readonly view: TrustedView;
  readonly role: ServerRole;
  /** The roles whose key the server holds (heldServerRoles). */
  readonly serverManaged: readonly ServerRole[];
  /** Replaces a key that the server holds, too. */
  readonly replacesExisting: boolean;
  /** Keys that can sign the root. */
  readonly availableKeys: readonly S[];
}

/**
 * Tells what would change and who would sign it. A role that the server does not hold is handed over
 * along with the one that is asked for: it cannot publish as long as it lacks either.
 * @throws {TrustError} KEY_NOT_AUTHORIZED, TRUST_DATA_EXPIRED as for the repository key.
 */
export function draftServerKeys<S extends SignerInfo>(
  { view, role, serverManaged, replacesExisting, availableKeys }: ServerKeyRequest<S>,
  judge: ReaderContext,
): ServerKeyDraft<S> {
  const roles = serverRoles.filter(
    (name) => (name === role && replacesExisting) || !serverManaged.includes(name),
  );
  if (roles.length === 0) return { replacements: [], signedBy: [] };
  return {
    replacements: roles.map((name) => replacementOf(view, name)),
    signedBy: rootSigners(view, availableKeys, judge),
  };
}

/** A hand-over to carry out. */
interface ServerKeyOptions extends ChangeOptions {
  /** The key of the server for each role that is handed over (newServerKey). */
  readonly newKeys: ReadonlyMap<ServerRole, PublicKey>;
  readonly availableKeys: readonly Signer[];
}

/** What was handed over. */
interface PublishedServerKeys {
  readonly view: TrustedView;
  readonly replacements: readonly KeyReplacement[];
  readonly attempts: number;
}

/** Publishes a root that names the server's new keys. @throws {TrustError} as publishChange. */
export async function publishServerKeys(
  server: TrustServer,
  options: ServerKeyOptions,
): Promise<PublishedServerKeys> {
  const { newKeys, availableKeys, clock, pins } = options;
  const missing = (view: TrustedView) =>
    [...newKeys].filter(
      ([role, key]) => listingOf(view, role)?.keys.some(({ id }) => id === keyIdOf(key)) !== true,
    );
  const { view, carriedOut, attempts } = await publishChange(
    server,
    { ...options, expiry: 'report' },
    {
      keys: availableKeys,
      plan: (current): ServerKeyPlan => {
        const wanted = missing(current);
        if (wanted.length === 0) return { roles: [], files: [], warnings: [], replacements: [] };
        const now = clock();
        const replacements = wanted.map(([role]) => replacementOf(current, role));
        const changes = wanted.map(([role, added], index): [BaseRole, RoleKeyChange] => {
          const removed = replacements[index]?.removed.map(({ id }) => id) ?? [];
          // The server signs once, whatever number of signatures the clients gave.
          return [role, { removed, added, threshold: 1 }];
        });
        const body = withRootKeys(current.root.signed, new Map(changes), now);
        const signedBy = rootSigners(current, availableKeys, { pins, now });
        return {
          roles: ['root'],
          files: [{ role: 'root', body, signedBy }],
          warnings: [],
          replacements,
        };
      },
      flaw: (seen) => {
        const [first] = missing(seen);
        return first && `${first[0]} does not list the new key of the server`;
      },
    },
  );
  return { view, replacements: carriedOut?.replacements ?? [], attempts };
}

interface ServerKeyPlan extends Plan {
  readonly replacements: readonly KeyReplacement[];
}

function replacementOf(view: TrustedView, role: ServerRole): KeyReplacement {
  return { role, removed: requireListing(view, role).keys, present: undefined };
}
