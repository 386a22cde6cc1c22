/** How long publishing goes on, and how it waits in between. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';

/** A deadline with growing, jittered pauses up to it. */
interface Backoff {
  /**
   * Waits before another try.
   * @returns false, at once, when the deadline leaves no time for it.
   * @throws {TrustError} INTERRUPTED when the signal is aborted.
   */
  pause(): Promise<boolean>;
}

/** Patience for `totalMs` from now on. */
export function backoffFor(totalMs: number, signal?: AbortSignal): Backoff {
  // The monotonic clock: a corrected wall clock must not end or prolong a run.
  const end = performance.now() + totalMs;
  let ceiling: number = limits.publishRetryBaseMs;
  return {
    async pause() {
      refuseIfAborted(signal);
      // Full jitter: many agents that collided once spread out instead of colliding again.
      const ms = Math.random() * ceiling;
      if (performance.now() + ms >= end) return false;
      ceiling = Math.min(ceiling * 2, limits.publishRetryCapMs);
      try {
        await sleep(ms, undefined, signal ? { signal } : {});
      } catch (error) {
        refuseIfAborted(signal);
        throw error;
      }
      return true;
    },
  };
}

/** @throws {TrustError} INTERRUPTED when the signal is aborted. */
function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new TrustError('INTERRUPTED', 'interrupted while publishing trust data', {
    remedy: 'Run again; tags that are already signed are recognised.',
    cause: signal.reason,
  });
}
