/**
 * Reads and verifies all trust data of one repository. One round where nothing gets in between;
 * otherwise once more from the start, the way Notary does it (notary client/tufclient.go, Update).
 */
import { setImmediate } from 'node:timers/promises';
import { mapConcurrent } from '../../concurrency.js';
import { TrustError, isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { RoleName } from '../metadata/types.js';
import type { TrustServer } from '../server/index.js';
import {
  TrustedCollection,
  type EarlierState,
  type Pin,
  type TrustedView,
} from '../verification/index.js';
import {
  current,
  likelyDelegations,
  missing,
  namedFile,
  prefetch,
  type Prefetched,
} from './files.js';

/** How a repository is to be read. */
interface ReadOptions {
  /** Any one suffices; none means trust on first use. */
  readonly pins: readonly Pin[];
  readonly now: Date;
  /** What was trusted before: what is read now must follow from it. */
  readonly previous?: EarlierState | undefined;
  /** Delegations to ask for in the first round: a guess that saves time and is never trusted. */
  readonly likely?: readonly RoleName[] | undefined;
  /**
   * The root that this run has read: not asked for again where the snapshot lists this very one, for
   * then no other can be read with it.
   */
  readonly root?: Buffer | undefined;
  /** Refuses an unusable `targets/releases` instead of passing over it as Docker does. */
  readonly strict?: boolean | undefined;
  /** `report` turns expiry into warnings: for diagnosis, never for trust. Default: `enforce`. */
  readonly expiry?: 'enforce' | 'report' | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the repository of `server`.
 * @returns what is trusted, or undefined when the server has no trust data for it.
 * @throws {TrustError} TRUST_DATA_INVALID, TRUST_DATA_EXPIRED, TRUST_PIN_MISMATCH,
 * TRUST_SERVER_UNREACHABLE, REGISTRY_LOGIN_REFUSED, CONTENT_TRUST_UNAVAILABLE or INTERRUPTED.
 */
export async function readRepository(
  server: TrustServer,
  options: ReadOptions,
): Promise<TrustedView | undefined> {
  // Whatever is still under way when a reading ends is of no use to anybody.
  const over = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, over.signal]) : over.signal;
  try {
    try {
      const likely = options.likely ?? likelyDelegations(options.previous);
      const round = prefetch(server, likely, signal, options.root);
      return await readOnce(server, options, round, signal);
    } catch (error) {
      // A publish came between two files, or a cache answered for one of them.
      if (!isTrustError(error, 'TRUST_DATA_INVALID', 'TRUST_DATA_EXPIRED')) throw error;
      return await readOnce(server, options, current(server, signal), signal);
    }
  } finally {
    over.abort();
  }
}

async function readOnce(
  server: TrustServer,
  options: ReadOptions,
  files: Prefetched,
  signal: AbortSignal,
): Promise<TrustedView | undefined> {
  const collection = new TrustedCollection({
    gun: server.gun,
    now: options.now,
    pins: options.pins,
    earlier: options.previous,
    unusableReleases: options.strict === true ? 'refuse' : 'skip',
    expiry: options.expiry,
  });
  const root = await files.root;
  if (!root) return undefined;
  // TUF 1.0, 5.3: from the root trusted before to this one, version by version where needed.
  for (const version of collection.rootsBefore(root)) {
    const step = await server.fetchRole('root', { version, maxBytes: limits.rootBytes, signal });
    collection.acceptRoot(step ?? missing(server, 'root'), { intermediate: true });
    await breathe(server, signal);
  }
  collection.acceptRoot(root);
  collection.acceptTimestamp((await files.timestamp) ?? missing(server, 'timestamp'));
  const named = (role: string) => namedFile(server, collection, role, files, signal);
  collection.acceptSnapshot(await named('snapshot'));
  if (options.root === root && !collection.expected('root')) missing(server, 'root');
  collection.acceptTargets(await named('targets'));
  for (
    let pending = collection.pendingDelegations();
    pending.length > 0;
    pending = collection.pendingDelegations()
  ) {
    // One level at a time, several of its files at once.
    collection.requireRoom(pending);
    const level = await mapConcurrent(
      pending,
      limits.concurrentRoleFiles,
      async (role) => [role, await named(role)] as const,
    );
    for (const [role, bytes] of level) {
      collection.acceptDelegation(role, bytes);
      await breathe(server, signal);
    }
  }
  return collection.finish();
}

/** Lets signals be heard between two pieces of work. @throws {TrustError} INTERRUPTED */
async function breathe({ gun }: TrustServer, signal: AbortSignal): Promise<void> {
  await setImmediate();
  if (!signal.aborted) return;
  throw new TrustError('INTERRUPTED', `The verification of ${gun} was stopped`, {
    remedy: 'Run it again.',
  });
}
