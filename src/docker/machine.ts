/** What this folder is told of the machine that Docker runs on, and of its host. Types only. */
import type { Clock, Exec, Log } from '../ports.js';

/** Functions take the parts they need. */
export interface Machine {
  readonly exec: Exec;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** The host's own environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly tempDirectory: string;
  /** An input, by the name that it has on this host. */
  readonly nameInput: (name: string) => string;
  /** Notes a folder that a later step removes if this run cannot. */
  registerCleanup(path: string): void;
}
