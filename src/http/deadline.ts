/**
 * One deadline for everything that a phase does, such as a sign-in with all its requests. It also waits
 * for code that may never come back: the sign-in library has no time-out of its own and does not listen
 * to signals everywhere. What is left running then no longer keeps anybody waiting.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** When the phase ends that code runs in, in milliseconds since 1970. */
const phases = new AsyncLocalStorage<number>();

/** How long the phase may still last that the caller is part of; without one, for ever. */
export function phaseMs(): number {
  return (phases.getStore() ?? Number.POSITIVE_INFINITY) - Date.now();
}

/** The ends of a wait. */
interface DeadlineOptions {
  /** The run's own signal. */
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
  /** What to throw when the run is cancelled, and when the time is up. */
  readonly interrupted: () => Error;
  readonly late: () => Error;
}

/**
 * Runs `work`, whose signal is aborted at the deadline or with the run. No request of it waits for a
 * server that asks to be left alone for longer.
 */
export async function withDeadline<T>(
  { signal, deadlineMs, interrupted, late }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted === true) throw interrupted();
  const controller = new AbortController();
  let end: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = (error) => {
      reject(error);
      controller.abort();
    };
  });
  const onAbort = (): void => {
    end(interrupted());
  };
  const timer = setTimeout(() => {
    end(late());
  }, deadlineMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  const endsAt = Date.now() + Math.min(deadlineMs, phaseMs());
  try {
    return await Promise.race([phases.run(endsAt, () => work(controller.signal)), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
