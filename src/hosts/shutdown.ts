/** Turns the ways a process can be made to stop into one abort signal. */
import { exitCodes, type StopSignal } from '../errors.js';
import { limits } from '../limits.js';

/**
 * The signals that ask a run to stop. A terminal that closes sends SIGHUP; Ctrl+Break, by which
 * agents on Windows stop a task, is SIGBREAK.
 */
export const shutdownSignals = Object.keys(exitCodes.stopped) as readonly StopSignal[];

/** The part of the process that is needed. */
export interface SignalSource {
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** What happened to the process while it ran. */
export interface Shutdown {
  readonly signal: AbortSignal;
  /** The first termination signal that arrived. */
  stoppedBy(): StopSignal | undefined;
  /** What was thrown where no one caught it. */
  crash(): { readonly thrown: unknown } | undefined;
  /** What `run` gives; rejects if that takes too long once the process was asked to stop. */
  bound<T>(run: Promise<T>): Promise<T>;
}

/**
 * Listens for the rest of the process's life: a second signal must not cut the clean-up short,
 * which limits bound. Runners kill what takes longer.
 */
export function listenForShutdown(
  process: SignalSource,
  graceMs: number = limits.shutdownGraceMs,
): Shutdown {
  const controller = new AbortController();
  let stoppedBy: StopSignal | undefined;
  let crash: { readonly thrown: unknown } | undefined;
  const onSignal = (name: StopSignal): void => {
    stoppedBy ??= name;
    controller.abort(new Error(`stopped by ${stoppedBy}`));
  };
  const onCrash = (thrown: unknown): void => {
    crash ??= { thrown };
    controller.abort(thrown);
  };
  for (const name of shutdownSignals) {
    process.on(name, () => {
      onSignal(name);
    });
  }
  for (const name of ['uncaughtException', 'unhandledRejection']) process.on(name, onCrash);
  return {
    signal: controller.signal,
    stoppedBy: () => stoppedBy,
    crash: () => crash,
    bound: (run) => bound(run, controller.signal, graceMs),
  };
}

async function bound<T>(run: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => {
        reject(new Error('the run did not stop in time; some of it may still be there'));
      }, graceMs);
    };
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([run, late]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}
