/** What subjects that reach Azure or registries are given of a run. */
import type { Machine, Secrets } from '../ports.js';
import type { Access } from './access.js';

/** The access of a run, and the ports that go with it. */
export interface AccessRun extends Pick<Machine, 'log' | 'clock' | 'signal' | 'nameInput'> {
  readonly access: Access;
  readonly secrets: Secrets;
}
