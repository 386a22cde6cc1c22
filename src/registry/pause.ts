/** Waiting between two tries, as long as nobody asks the run to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrustError } from '../errors.js';
import type { RepositoryAccess } from './types.js';

/** @throws {TrustError} INTERRUPTED */
export async function pause(
  ms: number,
  { host, signal }: Pick<RepositoryAccess, 'host' | 'signal'>,
): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new TrustError('INTERRUPTED', `interrupted between two requests to ${host}`, {
      remedy: 'Run the step again.',
      cause,
    });
  }
}
