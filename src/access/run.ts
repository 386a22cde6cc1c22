/** What subjects that reach Azure or registries are given of a run. */
import type { Clock, Log, Secrets } from '../ports.js';
import type { Access } from './access.js';

/** The access of a run, and the ports that go with it. */
export interface AccessRun {
  readonly access: Access;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly clock: Clock;
  /** Aborted when the host asks the run to stop. */
  readonly signal: AbortSignal;
  /** An input, by the name that it has on this host. */
  readonly nameInput: (name: string) => string;
}
