/**
 * Gives the snapshot or the timestamp role to the server: it makes the key, a root that names it is
 * published. Where `notary init` left the snapshot key with a client, this is the one publish that
 * the server accepts without a snapshot, since from that root on it makes the snapshot itself.
 */
import { withRootKeys, type KeyExchange } from '../edits/index.js';
import { keyIdOf, type BaseRole } from '../metadata/index.js';
import type { PublicKey } from '../metadata/types.js';
import { publishChange, type ChangeOptions, type Plan } from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import type { TrustedView } from '../verification/index.js';
import { requireListing, type RoleExchange } from './exchange.js';
import { listingOf, type ChosenSigner, type KeyHolder } from './role-listing.js';
import { rootSigners, type RootJudge } from './root-signers.js';

/** The roles whose keys a server can hold. */
export const serverRoles = ['snapshot', 'timestamp'] as const;
export type ServerRole = (typeof serverRoles)[number];

/** What a hand-over would change. */
export interface HandOverDraft<S extends KeyHolder> {
  /** The roles that get a new key; none when the server holds what it needs. */
  readonly exchanges: readonly RoleExchange[];
  /** Who signs the root. */
  readonly signedBy: readonly ChosenSigner<S>[];
}

/** What a hand-over is judged by. */
export interface HandOverQuestion<S extends KeyHolder> {
  readonly view: TrustedView;
  readonly role: ServerRole;
  /** The roles whose key the server holds (serverHolds). */
  readonly held: readonly ServerRole[];
  /** Replaces a key that the server holds, too. */
  readonly renews: boolean;
  /** Keys that can sign the root. */
  readonly atHand: readonly S[];
}

/**
 * Tells what would change and who would sign it. A role that the server does not hold is handed over
 * along with the one that is asked for: it cannot publish as long as it lacks either.
 * @throws {TrustError} KEY_NOT_AUTHORIZED, TRUST_DATA_EXPIRED as for the repository key.
 */
export function examineHandOver<S extends KeyHolder>(
  { view, role, held, renews, atHand }: HandOverQuestion<S>,
  judge: RootJudge,
): HandOverDraft<S> {
  const roles = serverRoles.filter((name) => (name === role && renews) || !held.includes(name));
  if (roles.length === 0) return { exchanges: [], signedBy: [] };
  return {
    exchanges: roles.map((name) => exchangeOf(view, name)),
    signedBy: rootSigners(view, atHand, judge),
  };
}

/** A hand-over to carry out. */
export interface HandOverOptions extends ChangeOptions {
  /** The key of the server for each role that is handed over (newServerKey). */
  readonly newKeys: ReadonlyMap<ServerRole, PublicKey>;
  readonly atHand: readonly Signer[];
}

/** What was handed over. */
export interface HandedOver {
  readonly view: TrustedView;
  readonly exchanges: readonly RoleExchange[];
  readonly attempts: number;
}

/** Publishes a root that names the server's new keys. @throws {TrustError} as publishChange. */
export async function handOverRoles(
  server: TrustServer,
  options: HandOverOptions,
): Promise<HandedOver> {
  const { newKeys, atHand, clock, pins } = options;
  const missing = (view: TrustedView) =>
    [...newKeys].filter(
      ([role, key]) => listingOf(view, role)?.keys.some(({ id }) => id === keyIdOf(key)) !== true,
    );
  const { view, carriedOut, attempts } = await publishChange(
    server,
    { ...options, expiry: 'report' },
    {
      keys: atHand,
      plan: (current): HandOverPlan => {
        const wanted = missing(current);
        if (wanted.length === 0) return { roles: [], files: [], warnings: [], exchanges: [] };
        const now = clock();
        const exchanges = wanted.map(([role]) => exchangeOf(current, role));
        const changes = wanted.map(([role, added], index): [BaseRole, KeyExchange] => {
          const removed = exchanges[index]?.removed.map(({ id }) => id) ?? [];
          // The server signs once, whatever number of signatures the clients gave.
          return [role, { removed, added, threshold: 1 }];
        });
        const body = withRootKeys(current.root.signed, new Map(changes), now);
        const signedBy = rootSigners(current, atHand, { pins, now });
        return {
          roles: ['root'],
          files: [{ role: 'root', body, signedBy }],
          warnings: [],
          exchanges,
        };
      },
      flaw: (seen) => {
        const [first] = missing(seen);
        return first && `${first[0]} does not list the new key of the server`;
      },
    },
  );
  return { view, exchanges: carriedOut?.exchanges ?? [], attempts };
}

interface HandOverPlan extends Plan {
  readonly exchanges: readonly RoleExchange[];
}

function exchangeOf(view: TrustedView, role: ServerRole): RoleExchange {
  return { role, removed: requireListing(view, role).keys, present: undefined };
}
