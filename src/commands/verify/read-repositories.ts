/** Reads and verifies the trust data of every repository that images come from, each once. */
import { TrustError, isInputCode, isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import {
  createTrustServer,
  readRepository,
  type Pin,
  type TrustCache,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import type { Access, HostAccess } from './access.js';
import { mapConcurrent } from '../../concurrency.js';
import type { Repository } from './judge.js';
import { describePin, warnOfFirstUse } from '../signing/pins.js';
import { pinsFor, type ScopedPin } from './pins.js';
import type { ImageRequest } from './requests.js';

/** How repositories are read. */
export interface Reading {
  readonly access: Access;
  /** None: trust on first use. */
  readonly pins: readonly ScopedPin<Pin>[];
  readonly cache: TrustCache | undefined;
  readonly context: RunContext;
  readonly log: Log;
}

/** What is known of each repository, by GUN. @throws {TrustError} INTERRUPTED, INPUT_INVALID, FILE_NOT_WRITTEN */
export async function readRepositories(
  requests: readonly ImageRequest[],
  reading: Reading,
): Promise<ReadonlyMap<string, Repository>> {
  const first = new Map(requests.map((request) => [request.gun, request] as const).reverse());
  const read = await mapConcurrent(
    [...first.values()],
    limits.concurrentRepositories,
    async (request) => {
      const repository = await readOne(request, reading);
      return [request.gun, repository] as const;
    },
  );
  return new Map(read);
}

async function readOne({ gun, image }: ImageRequest, reading: Reading): Promise<Repository> {
  try {
    const access = await reading.access.to(image.host, image.repository);
    const view = await readTrusted(gun, access, reading);
    if (!view) return { kind: 'none' };
    tell(view, reading);
    return { kind: 'trusted', view, access };
  } catch (error) {
    if (!isTrustError(error) || concernsRun(error)) throw error;
    return { kind: 'failed', error };
  }
}

/** What is no verdict on an image. */
function concernsRun({ code }: TrustError): boolean {
  return code === 'INTERRUPTED' || code === 'FILE_NOT_WRITTEN' || isInputCode(code);
}

async function readTrusted(
  gun: string,
  { trustUrl, trust }: HostAccess,
  { pins, cache, context: { clock, signal }, log }: Reading,
): Promise<TrustedView | undefined> {
  const previous = await cache?.load(gun);
  const server = createTrustServer({ url: trustUrl, gun, ...trust, log });
  const view = await readRepository(server, {
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

function tell(view: TrustedView, { context, log }: Reading): void {
  const { gun, root, warnings } = view;
  log.info(
    `${gun}  trust data verified, root version ${root.signed.version}, ${describePin(view)}`,
  );
  for (const { message } of warnings) log.warn(message);
  warnOfFirstUse(view, context.nameInput, log);
}
