/** Which documents of an earlier state new ones are compared with. */
import type { Envelope } from '../metadata/index.js';
import type { EarlierState } from './view.js';

/**
 * The earlier document of `role`.
 *
 * Departure from TUF 1.0, 5.3.11: a new root that replaces the keys of a role does not make its
 * earlier versions forgotten. Notary compares with them all the same (tuf/builder.go), and what
 * Docker refuses as a rollback must not pass here. Whoever has to start versions anew after a
 * stolen key has everybody remove what they remember, as with Docker.
 */
export function earlierOf(
  role: 'timestamp' | 'snapshot' | 'targets',
  earlier: EarlierState | undefined,
): Envelope | undefined {
  return role === 'targets' ? earlier?.targets?.get('targets') : earlier?.[role];
}
