/**
 * The source of a promotion: access to it, and the proof that its images are signed. What is handed
 * on is what is signed, not what the tag happens to point to.
 */
import { TrustError } from '../../errors.js';
import type { InputValues } from '../inputs/values.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import {
  createBlobReader,
  formatImageReference,
  listAttached,
  type Manifest,
} from '../../registry/index.js';
import { mapConcurrent } from '../../concurrency.js';
import type { RunContext } from '../context.js';
import { alignColumns } from '../report/text-table.js';
import type { Session } from '../access/access.js';
import { resolvePin } from '../signing/pins.js';
import { createAccess, type Access, type HostAccess } from '../verify/access.js';
import { failureOf } from '../verify/failure.js';
import { judge } from '../verify/judge.js';
import { readRepositories } from '../verify/read-repositories.js';
import type { ImageRequest } from '../verify/requests.js';
import type { Verdict } from '../verify/verdict.js';
import type { PromotedImage, Promotion } from './configuration.js';

/** An image that is signed at its source. */
export interface VerifiedImage extends PromotedImage {
  readonly access: HostAccess;
  /** The signed manifest or index, as its registry serves it. */
  readonly manifest: Manifest;
  readonly roles: readonly string[];
  readonly signers: readonly string[];
  /** Types of what is attached to it, and stays behind; undefined where the registry does not say. */
  readonly attached: readonly string[] | undefined;
}

/**
 * Access to the registries of the sources: the run's own login where the source is in the registry of
 * the target, otherwise as `verify` has it.
 */
export function openSourceAccess(
  { target, trustServer }: Promotion,
  session: Session,
  inputs: InputValues,
  context: RunContext,
  log: Log,
): Access {
  const { registryLogin, cloud, image } = target;
  const others = createAccess({ cloud, registryLogin, trustServer }, inputs, { ...context, log });
  const trustUrl =
    trustServer?.registry === image.registry ? trustServer.url : `https://${image.registry}`;
  if (trustUrl !== target.trustServer) return others;
  const client = { host: image.registry, ...session.registry };
  const own: HostAccess = {
    client,
    images: session.images,
    readBlob: createBlobReader(client),
    trustUrl,
    trust: session.trust,
    dockerLogin: session.dockerLogin,
  };
  return {
    credential: others.credential,
    to: (host, repository) =>
      host === image.registry ? Promise.resolve(own) : others.to(host, repository),
  };
}

/** How the sources are looked at. */
export interface SourceReading {
  readonly promotion: Promotion;
  readonly access: Access;
  readonly context: RunContext;
  readonly log: Log;
}

/**
 * Verifies every image in full, as Docker would, and as the inputs require.
 * @throws {TrustError} TAG_NOT_SIGNED, POLICY_NOT_MET and whatever else an image is refused for, once
 * all have been looked at.
 */
export async function verifySources(reading: SourceReading): Promise<readonly VerifiedImage[]> {
  const { promotion, access, context, log } = reading;
  const verdicts = await judgeSources(reading);
  for (const line of tableOf(verdicts)) log.info(line);
  return mapConcurrent(
    [...promotion.images.entries()],
    limits.concurrentRepositories,
    ([index, image]) => fetchVerified(image, verdicts[index], access, context),
  );
}

/**
 * Makes sure that the sources still say what was copied: a copy takes time, and a newer image may
 * have been signed, and promoted by another run, since.
 * @throws {TrustError} TAG_MOVED, and as verifySources.
 */
export async function recheckSources(
  reading: SourceReading,
  verified: readonly VerifiedImage[],
): Promise<void> {
  // It was all said the first time.
  const log = { ...reading.log, info: () => undefined, warn: () => undefined };
  const verdicts = await judgeSources({ ...reading, log });
  verified.forEach(({ reference, manifest }, index) => {
    const digest = verdicts[index]?.digest;
    if (digest === manifest.digest) return;
    throw new TrustError(
      'TAG_MOVED',
      `${reference} is signed for ${digest ?? 'nothing'} now, not for ${manifest.digest}, which this run has copied: another run signed it since.`,
      { remedy: 'Run the step again to promote what is signed at the source now.' },
    );
  });
}

/** @throws {TrustError} unless all of them are verified. */
async function judgeSources({
  promotion: { images, pins, requiredRoles },
  access,
  context,
  log,
}: SourceReading): Promise<readonly Verdict[]> {
  const requests = images.map(({ reference, image, gun, tag }): ImageRequest => ({
    reference,
    image,
    gun,
    tag,
    places: [],
    isInFilesOnly: false,
  }));
  const asking: RunContext = {
    ...context,
    // What is said of pins here is about those of the source.
    nameInput: (name) => context.nameInput(name === 'trust-pin' ? 'source-trust-pin' : name),
  };
  const opened = await Promise.all(
    pins.map(async ({ pattern, pin }) => {
      const credential = access.credential(requests[0]?.image.host ?? '');
      return { pattern, pin: await resolvePin(pin, { credential }, asking) };
    }),
  );
  const reading = { access, pins: opened, cache: undefined, context: asking, log };
  const repositories = await readRepositories(requests, reading);
  const policy = {
    requiredRoles,
    maxAgeDays: undefined,
    warnExpiryDays: 0,
    allowUnsigned: [],
    allowMovedTags: false,
  };
  // What is copied is the digest.
  const isUsedByDigest = () => true;
  const { nameInput } = context;
  const judging = { policy, isUsedByDigest, nameInput, log, now: context.clock() };
  const verdicts = await mapConcurrent(requests, limits.concurrentRepositories, (request) =>
    judge(request, repositories.get(request.gun) ?? { kind: 'none' }, judging),
  );
  const failed = verdicts.filter(({ status }) => status !== 'verified');
  if (failed.length > 0) throw failureOf(failed, verdicts.length);
  return verdicts;
}

async function fetchVerified(
  promoted: PromotedImage,
  verdict: Verdict | undefined,
  access: Access,
  { signal }: RunContext,
): Promise<VerifiedImage> {
  const { host, repository } = promoted.image;
  const { digest = '', roles = [], signers = [] } = verdict ?? {};
  const opened = await access.to(host, repository);
  const [manifest, attached] = await Promise.all([
    opened.images.getManifest(repository, digest),
    listAttached({ ...opened.client, repository, signal }, digest),
  ]);
  if (!manifest) {
    throw new TrustError('MANIFEST_NOT_FOUND', `${promoted.gun}@${digest} is not there any more.`, {
      remedy: 'Somebody deleted it while this run was looking at it. Push and sign it again.',
    });
  }
  return { ...promoted, access: opened, manifest, roles, signers, attached };
}

function tableOf(verdicts: readonly Verdict[]): readonly string[] {
  return alignColumns([
    ['SOURCE', 'DIGEST', 'SIGNERS', 'ROLES'],
    ...verdicts.map(({ request: { image }, digest = '', signers, roles }) => {
      const { host, repository, tag = '' } = image;
      const name = formatImageReference({ host, repository, tag });
      return [name, digest, signers.join(', '), roles.join(', ')];
    }),
  ]);
}

/** Signatures that stay behind with the old place are easily missed, so the run says which. */
export function tellAttached(
  images: readonly Pick<VerifiedImage, 'reference' | 'attached'>[],
  log: Pick<Log, 'warn'>,
): void {
  for (const { reference, attached = [] } of images) {
    if (attached.length === 0) continue;
    const types = [...new Set(attached)].sort().join(', ');
    log.warn(
      `${reference} has attached artifacts that are not copied (${attached.length}): ${types}. Attach them to the copy where they are needed.`,
    );
  }
}
