/** Sessions of a run that asks for very much: all requests to one registry keep one pace. */
import { createPace } from '../../http/index.js';
import type { Session } from '../../access/index.js';
import type { NamedRepository } from '../../repositories/index.js';
import type { Run } from '../run.js';

/** Opens a repository. @throws {TrustError} what keeps the run out of its registry. */
export type OpenPaced = (
  place: Pick<NamedRepository, 'registry' | 'trustServer'>,
) => Promise<Session>;

/** Makes the sessions of a run. */
export function pacedSessions({ access, log }: Pick<Run, 'access' | 'log'>): OpenPaced {
  const paces = new Map<string, ReturnType<typeof createPace>>();
  return async (place) => {
    const { registry, trustServer } = place;
    const session = await access.session({ registry, trustServer });
    const pace = paces.get(registry) ?? createPace(log);
    paces.set(registry, pace);
    return {
      ...session,
      client: { ...session.client, http: pace(session.client.http) },
      trust: { ...session.trust, http: pace(session.trust.http) },
    };
  };
}
