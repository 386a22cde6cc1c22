/**
 * Waits for code that may never come back: the sign-in library has no time-out of its own and does
 * not listen to signals everywhere. What is left running then no longer keeps anybody waiting.
 */

/** The ends of a wait. */
interface DeadlineOptions {
  /** The run's own signal. */
  readonly signal?: AbortSignal | undefined;
  readonly deadlineMs: number;
  /** What to throw when the run is cancelled, and when the time is up. */
  readonly interrupted: () => Error;
  readonly late: () => Error;
}

/** Runs `work`, whose signal is aborted at the deadline or with the run. */
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
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
