/** What is signed for the base images of a build. */
import { parseReference, type BaseImageReport } from '../../docker/index.js';
import { isTrustError, unreachableCodes } from '../../errors.js';
import {
  gunOf,
  registryEndpointOf,
  trustEndpointOf,
  type ImageReference,
} from '../../registry/index.js';
import {
  createTrustServer,
  lookUpTag,
  readRepository,
  type TrustedView,
} from '../../trust/index.js';
import type { Session } from '../../access/index.js';
import type { Run } from '../run.js';

/**
 * Looks references up in their trust data; reads each repository once, however many of its tags are
 * used.
 * @param registry the run's own, whose trust data is where the session has it.
 */
export function createBaseImageLookUp(
  registry: string,
  session: Session,
  run: Run,
): (reference: string) => Promise<BaseImageReport> {
  const views = new Map<string, Promise<TrustedView | undefined>>();
  return async (reference) => {
    const parsed = parseReference(reference);
    if (!parsed) {
      return { reference, status: 'not-checked', reason: 'it is not a valid image reference' };
    }
    const gun = gunOf(parsed);
    try {
      const pending = views.get(gun) ?? readBase(parsed, registry, session, run);
      views.set(gun, pending);
      const view = await pending;
      const found = view && lookUpTag(view, parsed.tag ?? 'latest');
      if (found?.kind === 'signed') return { reference, status: 'signed', digest: found.digest };
      const reason = found?.kind === 'refused' ? { reason: found.reason } : {};
      return { reference, status: 'unsigned', ...reason };
    } catch (error) {
      // A registry without a trust server is not a forged signature; the log names the reason.
      if (!isTrustError(error, ...unreachableCodes)) throw error;
      return { reference, status: 'not-checked', reason: error.message.replace(/\.$/, '') };
    }
  };
}

async function readBase(
  image: ImageReference,
  registry: string,
  session: Session,
  { clock, signal }: Run,
): Promise<TrustedView | undefined> {
  const isOurs = image.host === registry;
  const endpoint = trustEndpointOf(image.host);
  const access = isOurs
    ? session.trust
    : await session.accessTo(registryEndpointOf(image.host), endpoint);
  const server = createTrustServer({
    url: isOurs ? session.trustServer : `https://${endpoint}`,
    gun: gunOf(image),
    ...access,
  });
  return readRepository(server, { pins: [], now: clock(), signal });
}
