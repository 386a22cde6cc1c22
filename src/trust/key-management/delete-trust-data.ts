/**
 * Deletes all trust data of a repository, for good. Whether anybody wants that is not decided here;
 * that it is gone is said only after looking.
 */
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { backoffFor } from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';

/**
 * Deletes, and reads back that the server hands out no root any more. Sends nothing where there is
 * none.
 * @returns whether there was anything.
 * @throws {TrustError} SIGNER_NOT_AUTHORIZED, CONTENT_TRUST_UNAVAILABLE; TRUST_SERVER_UNREACHABLE;
 * READ_BACK_FAILED when it is still there; INTERRUPTED.
 */
export async function deleteTrustData(
  server: TrustServer,
  { signal, deadlineMs = limits.publishDeadlineMs }: DeletionOptions = {},
): Promise<boolean> {
  if (!(await isThere(server, signal))) return false;
  const patience = backoffFor(deadlineMs, signal);
  for (let tries = 1; ; tries += 1) {
    const outcome = await server.deleteTrustData(signal);
    if (outcome.kind === 'accepted') break;
    // The answer got lost, or was no answer: what stands there now tells what happened.
    if (!(await isThere(server, signal))) return true;
    const isLast = tries >= limits.publishUncertainTries || !(await patience.pause());
    if (isLast) throw outcome.error;
  }
  const lookBack = backoffFor(Math.min(limits.readBackDeadlineMs, deadlineMs), signal);
  while (await isThere(server, signal)) {
    if (!(await lookBack.pause())) throw stillThere(server);
  }
  return true;
}

/** How to delete. */
interface DeletionOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to go on meeting breakdowns; default limits.publishDeadlineMs. */
  readonly deadlineMs?: number;
}

async function isThere(server: TrustServer, signal: AbortSignal | undefined): Promise<boolean> {
  return (await server.fetchRole('root', { maxBytes: limits.rootBytes, signal })) !== undefined;
}

function stillThere({ host, gun }: TrustServer): TrustError {
  return new TrustError(
    'READ_BACK_FAILED',
    `${host} accepted the deletion of the trust data of ${gun}, but still serves it`,
    {
      remedy:
        'Another run may have signed there again, or a cache may be stale. Inspect the repository. To delete it, run again.',
    },
  );
}
