/** A bound on what is under way at the same time, shared by all who take a slot. */
import { setMaxListeners } from 'node:events';

/** Waits for a slot, and gives what hands it back. Rejects with the signal's reason when aborted. */
type Slots = (signal?: AbortSignal) => Promise<() => void>;

/** `most` slots, handed out in the order of asking. */
export function createSlots(most: number): Slots {
  let free = most;
  const waiting = new Set<() => void>();
  const handBack = (): void => {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  };
  const once = (act: () => void): (() => void) => {
    let isDone = false;
    return () => {
      if (!isDone) act();
      isDone = true;
    };
  };
  return async (signal) => {
    signal?.throwIfAborted();
    if (free > 0) free -= 1;
    else {
      await new Promise<void>((resolve, reject) => {
        const settle = (done: () => void): void => {
          waiting.delete(next);
          signal?.removeEventListener('abort', stop);
          done();
        };
        const next = (): void => {
          settle(resolve);
        };
        const stop = (): void => {
          settle(() => {
            reject(signal?.reason as Error);
          });
        };
        waiting.add(next);
        if (!signal) return;
        // Any number may wait on the signal of one run: no leak, of which Node.js would warn.
        setMaxListeners(0, signal);
        signal.addEventListener('abort', stop);
      });
    }
    return once(handBack);
  };
}
