/** Turns the ways a process can be made to stop into one abort signal. */

/** The part of the process that is needed. */
export interface Stoppable {
  on(event: string, listener: (value: unknown) => void): unknown;
}

/** What happened to the process while it ran. */
export interface Stop {
  readonly signal: AbortSignal;
  /** The first termination signal that arrived. */
  stoppedBy(): NodeJS.Signals | undefined;
  /** What was thrown where no one caught it. */
  crash(): { readonly thrown: unknown } | undefined;
}

/**
 * Listens for the rest of the process's life: a second signal must not cut the clean-up short,
 * which limits bound. Runners kill what takes longer.
 */
export function listenForStop(process: Stoppable): Stop {
  const controller = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  let crash: { readonly thrown: unknown } | undefined;
  const onSignal = (name: unknown): void => {
    stoppedBy ??= name as NodeJS.Signals;
    controller.abort(new Error(`stopped by ${stoppedBy}`));
  };
  const onCrash = (thrown: unknown): void => {
    crash ??= { thrown };
    controller.abort(thrown);
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, onSignal);
  for (const name of ['uncaughtException', 'unhandledRejection']) process.on(name, onCrash);
  return { signal: controller.signal, stoppedBy: () => stoppedBy, crash: () => crash };
}
