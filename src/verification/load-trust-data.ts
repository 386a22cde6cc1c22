/** Reads and verifies the trust data of every repository that images come from, each once. */
import { resolveScopedPins } from '../azure/index.js';
import { mapConcurrent, startInBackground } from '../concurrency.js';
import type { ImageRequest } from '../deployment-files/index.js';
import { TrustError, isInputCode, isTrustError } from '../errors.js';
import { limits } from '../limits.js';
import {
  createTrustServer,
  readRepository,
  type Pin,
  type TrustCache,
  type TrustedView,
  describePin,
  warnOfFirstUse,
} from '../trust/index.js';
import type { AccessRun, ScopedTrustServer, Session } from '../access/index.js';
import type { Repository } from './judge.js';
import { pinsFor, type ScopedPin } from './scoped-pins.js';

/** How repositories are read. */
export interface Reading {
  /** None: trust on first use. */
  readonly pins: readonly ScopedPin[];
  readonly trustServer: ScopedTrustServer | undefined;
  readonly cache?: TrustCache | undefined;
}

type OpenReading = Omit<Reading, 'pins'> & { readonly pins: readonly ScopedPin<Pin>[] };

/**
 * What is known of each repository, by GUN.
 * @throws {TrustError} INTERRUPTED, FILE_NOT_WRITTEN, INPUT_*; CREDENTIAL_MISSING when client and
 * tenant are named and nothing proves them; what a pin cannot be opened for.
 */
export async function loadTrustData(
  requests: readonly ImageRequest[],
  { pins, ...reading }: Reading,
  run: AccessRun,
): Promise<ReadonlyMap<string, Repository>> {
  // Keys that are pins are read in the cloud of the first image's registry.
  const azure = run.access.azure(requests[0]?.image.host);
  const opened = await resolveScopedPins(pins, azure, run);
  const first = new Map(requests.map((request) => [request.gun, request] as const).reverse());
  const others = new Set(
    requests.filter((one) => first.get(one.gun) !== one).map(({ gun }) => gun),
  );
  const loaded = await mapConcurrent(
    [...first.values()],
    limits.concurrentRepositories,
    async (request) => {
      const isOnly = !others.has(request.gun);
      const loaded = await loadOne(request, isOnly, { ...reading, pins: opened }, run);
      return [request.gun, loaded] as const;
    },
  );
  return new Map(loaded);
}

/** @param isOnly whether no other image of the repository is asked for: then its tag is looked at meanwhile. */
async function loadOne(
  { gun, image, tag }: ImageRequest,
  isOnly: boolean,
  reading: OpenReading,
  run: AccessRun,
): Promise<Repository> {
  try {
    const session = await run.access.sessionToRead(image, reading.trustServer);
    session.expect({ ...image, gun }, { image: 'pull', trust: 'pull' });
    const early =
      isOnly && tag !== undefined
        ? startInBackground(session.images.getManifest(image.repository, tag))
        : undefined;
    const view = await readTrusted(gun, session, reading, run);
    if (!view) return { kind: 'none' };
    const { version } = view.root.signed;
    run.log.info(`${gun}  trust data verified, root version ${version}, ${describePin(view)}`);
    for (const { message } of view.warnings) run.log.warn(message);
    warnOfFirstUse(view, run.nameInput, run.log);
    return { kind: 'trusted', view, session, early };
  } catch (error) {
    if (!isTrustError(error) || concernsRun(error)) throw error;
    return { kind: 'failed', error };
  }
}

/** What is no verdict on an image. */
export function concernsRun({ code }: TrustError): boolean {
  return code === 'INTERRUPTED' || code === 'FILE_NOT_WRITTEN' || isInputCode(code);
}

async function readTrusted(
  gun: string,
  { trustServer: url, trust }: Session,
  { pins, cache }: OpenReading,
  { clock, signal, log }: AccessRun,
): Promise<TrustedView | undefined> {
  const previous = await cache?.load(gun);
  const view = await readRepository(createTrustServer({ url, gun, ...trust, log }), {
    pins: pinsFor(pins, gun),
    now: clock(),
    previous,
    signal,
  });
  if (view) await cache?.save(view);
  else if (previous) {
    throw new TrustError(
      'TRUST_DATA_MISSING',
      `${gun} had trust data when it was last verified here, and has none now.`,
      {
        remedy:
          'Someone deleted it, or hides it from you. If its owner did, for example by switching ' +
          'content trust off, remove what the cache folder has of it.',
      },
    );
  }
  return view;
}
