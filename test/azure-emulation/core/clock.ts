/**
 * The emulator's clock. Every token, key and secret reads the time here, so that a test can move
 * it; nothing else in the emulator may ask the system for the time.
 */

/** A clock that can run ahead of or behind the machine's. */
export interface Clock {
  /** The present moment. */
  now(): Date;
  /** Whole seconds since 1970, as JWT and Key Vault write time. */
  seconds(): number;
  /** Moves the clock to `offsetMs` milliseconds from the machine's time. */
  setOffset(offsetMs: number): void;
}

/** Makes a clock that shows the machine's time until it is moved. */
export function createClock(): Clock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    seconds: () => Math.floor((Date.now() + offset) / 1000),
    setOffset: (offsetMs) => {
      offset = offsetMs;
    },
  };
}
