/** Turns the ways a process can be made to stop into one abort signal. */

/** The part of the process that is needed. */
export interface Stoppable {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
}

/** What happened to the process while it ran. */
export interface Stop {
  readonly signal: AbortSignal;
  /** The first termination signal that arrived. */
  stoppedBy(): NodeJS.Signals | undefined;
  /** What was thrown where no one caught it. */
  crash(): { readonly thrown: unknown } | undefined;
  /** Gives the signals back to the process. */
  dispose(): void;
}

/**
 * Listens until disposed. Further signals are ignored while the run cleans up, which limits bound;
 * runners kill what takes longer.
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
  const listeners = [
    ['SIGINT', onSignal],
    ['SIGTERM', onSignal],
    ['uncaughtException', onCrash],
    ['unhandledRejection', onCrash],
  ] as const;
  for (const [event, listener] of listeners) process.on(event, listener);
  return {
    signal: controller.signal,
    stoppedBy: () => stoppedBy,
    crash: () => crash,
    dispose: () => {
      for (const [event, listener] of listeners) process.off(event, listener);
    },
  };
}
