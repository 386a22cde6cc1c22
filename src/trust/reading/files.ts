/**
 * Where the bytes of a reading come from: asked for all at once by their plain names, and one by
 * one by hash where that did not fit. Bytes only; what they are worth is for verification to say.
 */
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { RoleName } from '../metadata/types.js';
import type { TrustServer } from '../server/index.js';
import type { EarlierState, TrustedCollection } from '../verification/index.js';

/** What is likely to be there, by plain name, already on its way. */
export interface Prefetched {
  /** Rejects as the request did. */
  readonly root: Promise<Buffer | undefined>;
  /** Rejects as the request did. */
  readonly timestamp: Promise<Buffer | undefined>;
  /** Never rejects: whatever went wrong here shows again when the file is asked for by hash. */
  readonly others: ReadonlyMap<RoleName, Promise<Buffer | undefined>>;
}

/**
 * Sends the requests of the one round. They are worthless once `signal` is aborted.
 * @param root the bytes that are likely the root, which then is not asked for.
 */
export function prefetch(
  server: TrustServer,
  delegations: readonly RoleName[],
  signal: AbortSignal,
  root?: Buffer,
): Prefetched {
  const optional = async (role: RoleName): Promise<Buffer | undefined> => {
    try {
      // No retries: a file that was never published may be a 500 (notary server/storage).
      return await server.fetchRole(role, {
        maxBytes: limits.prefetchedBytes,
        retry: false,
        signal,
      });
    } catch (error) {
      if (error instanceof TrustError) return undefined;
      throw error;
    }
  };
  return {
    ...(root
      ? { root: Promise.resolve(root), timestamp: currentTimestamp(server, signal) }
      : current(server, signal)),
    others: new Map(
      ['snapshot', 'targets', ...delegations.slice(0, limits.prefetchedRoles)].map((role) => [
        role,
        quiet(optional(role)),
      ]),
    ),
  };
}

/** The start of the slow way: nothing but what has no hash to be asked for by. */
export function current(server: TrustServer, signal: AbortSignal): Prefetched {
  return {
    root: quiet(server.fetchRole('root', { maxBytes: limits.rootBytes, signal })),
    timestamp: currentTimestamp(server, signal),
    others: new Map(),
  };
}

function currentTimestamp(server: TrustServer, signal: AbortSignal): Prefetched['timestamp'] {
  return quiet(server.fetchRole('timestamp', { maxBytes: limits.timestampBytes, signal }));
}

/** Lets a promise fail unnoticed until somebody awaits it, if ever. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * The delegations worth asking for before the snapshot has said that they exist: those that were there
 * before. Where nothing is known none are: signers have files of their own beside `targets/releases`,
 * so that to guess at this one alone would seldom save a round.
 */
export function likelyDelegations(earlier: EarlierState | undefined): readonly RoleName[] {
  return [...(earlier?.targets?.keys() ?? [])].filter((role) => role !== 'targets');
}

/**
 * The file that the accepted timestamp or snapshot names as `role`: the prefetched one if it is
 * that, else the one the server keeps under its hash.
 * @throws {TrustError} TRUST_DATA_INVALID when the server does not have it.
 */
export async function namedFile(
  server: TrustServer,
  collection: TrustedCollection,
  role: RoleName,
  prefetched: Prefetched,
  signal: AbortSignal,
): Promise<Buffer> {
  const early = await prefetched.others.get(role);
  if (early && collection.fits(role, early)) return early;
  const sha256Hex = collection.sha256Of(role);
  const length = collection.expected(role)?.length ?? 0;
  const bytes =
    sha256Hex === undefined
      ? undefined
      : await server.fetchRole(role, {
          sha256Hex,
          // TUF 1.0, 5.5.1 and 5.6.1: no more than the parent states, and no more than we bear.
          maxBytes: Math.min(length, limits.metadataBytes),
          signal,
        });
  return bytes ?? missing(server, role);
}

/** @throws {TrustError} TRUST_DATA_INVALID: there is trust data, but not all of it. */
export function missing(server: TrustServer, role: RoleName): never {
  throw new TrustError(
    'TRUST_DATA_INVALID',
    `The trust data of ${server.gun} is incomplete: ${server.host} does not have the ${role} file ` +
      'that belongs to it',
    {
      remedy:
        'Try again in a minute. If the error persists, a client published a file that the server encoded differently: the owner must publish this role again, with a higher version.',
    },
  );
}
