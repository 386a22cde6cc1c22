/**
 * Holds the base images of a Dockerfile to the policy: verifies their signatures and decides which
 * digest each is pinned to. A signature that is wrong stops every build; one that is missing only
 * where the policy says so.
 */
import { findBaseImages, parseReference, type BaseImages } from '../../docker/index.js';
import { TrustError, isTrustError, unreachableCodes } from '../../errors.js';
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
import type { JobConfiguration } from './configuration.js';
import type { Run } from '../context.js';
import type { BaseImageReport } from '../report/report.js';
import type { Session } from '../access/access.js';
import type { CheckedDocker } from './docker-setup.js';
import { onBuildProblem } from './onbuild.js';
import { baseImageOptions, type PreparedBuild } from './prepare-build.js';
import { buildPolicy, canHoldToPolicy, ownPolicy } from './source-policy.js';

/** What a build starts from. */
export interface BaseImageDecisions {
  readonly bases: BaseImages;
  /** A reference as the Dockerfile has it, to the digest that is signed for it. */
  readonly digests: ReadonlyMap<string, string>;
  readonly reports: readonly BaseImageReport[];
  /** The source policy that holds the builder to them, under `enforce`, where it obeys one. */
  readonly sourcePolicy: string | undefined;
}

/**
 * Looks up every base image that the Dockerfile names.
 * @returns undefined where the Dockerfile cannot be read here.
 * @throws {TrustError} BASE_IMAGE_UNSIGNED under `enforce`; TRUST_DATA_INVALID or
 * TRUST_DATA_EXPIRED for trust data that cannot be believed; DOCKERFILE_INVALID
 */
export async function verifyBaseImages(
  { request, dockerfile }: PreparedBuild,
  configuration: JobConfiguration,
  docker: CheckedDocker,
  session: Session,
  run: Run,
): Promise<BaseImageDecisions | undefined> {
  const { log } = run;
  const enforces = configuration.build?.baseImages === 'enforce';
  if (!dockerfile) {
    if (enforces) throw remoteDockerfile(run);
    log.warn('The Dockerfile is not on this agent, so its base images cannot be verified.');
    return undefined;
  }
  const bases = findBaseImages(dockerfile.text, await baseImageOptions(request, docker, run));
  const isHeld = enforces && (await canHoldToPolicy(docker, request.builderName));
  const lookUp = createLookUp(configuration, session, run);
  const references = [...new Map(bases.images.map((image) => [image.reference, image])).values()];
  const reports = await Promise.all(
    references.map(async ({ reference, digest, range }): Promise<BaseImageReport> => {
      if (digest !== undefined) return { reference, status: 'pinned-by-dockerfile', digest };
      // What stands in an argument and not in the Dockerfile is the user's to pin.
      if (!range) {
        const reason = 'it is named in an argument, where only a digest is sure';
        return { reference, status: 'not-checked', reason };
      }
      return lookUp(reference);
    }),
  );
  if (enforces && !isHeld) await refuseOnBuild(reports, bases, session);
  for (const { written, line, reason } of bases.unresolved) {
    const where = line === undefined ? '' : ` (line ${line})`;
    reports.push({ reference: `${written}${where}`, status: 'not-checked', reason });
  }
  if (reports.length === 0) log.info('The Dockerfile names no base image.');
  for (const report of reports) log.info(describe(report));
  const unproven = reports.filter(
    ({ status }) => status === 'unsigned' || status === 'not-checked',
  );
  if (enforces && unproven.length > 0) throw unsigned(unproven, run);
  for (const { reference, status, reason } of unproven) {
    if (status === 'not-checked')
      log.warn(`Base image ${reference} was not checked: ${reason ?? ''}.`);
  }
  const own = request.builder === 'buildx' ? await ownPolicy(docker, reports, run) : [];
  if (enforces) {
    log.info(
      isHeld
        ? 'The builder may use these images and no others (source policy).'
        : 'This builder obeys no source policy (buildx 0.11 and BuildKit 0.12 do): it is held to these images by our reading of the Dockerfile and of their ONBUILD instructions alone.',
    );
  }
  const digests = new Map(
    reports.flatMap(({ reference, status, digest }) =>
      status === 'signed' && digest !== undefined ? [[reference, digest] as const] : [],
    ),
  );
  return { bases, digests, reports, sourcePolicy: isHeld ? buildPolicy(reports, own) : undefined };
}

/** What stands in a base image brings further ones into a build: ONBUILD. */
async function refuseOnBuild(
  reports: BaseImageReport[],
  bases: BaseImages,
  session: Session,
): Promise<void> {
  const built = new Set(
    bases.images.filter(({ kind }) => kind === 'from').map(({ reference }) => reference),
  );
  for (const [index, { reference, digest }] of reports.entries()) {
    if (digest === undefined || !built.has(reference)) continue;
    const reason = await onBuildProblem(reference, digest, bases, session);
    if (reason !== undefined) reports[index] = { reference, status: 'not-checked', reason };
  }
}

type LookUpBase = (reference: string) => Promise<BaseImageReport>;

/** Reads each repository once, however many of its tags are used. */
function createLookUp(configuration: JobConfiguration, session: Session, context: Run): LookUpBase {
  const views = new Map<string, Promise<TrustedView | undefined>>();
  return async (reference) => {
    const parsed = parseReference(reference);
    if (!parsed)
      return { reference, status: 'not-checked', reason: 'it is not a valid image reference' };
    const gun = gunOf(parsed);
    try {
      const pending = views.get(gun) ?? readBase(parsed, configuration, session, context);
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
  { image: own, trustServer }: JobConfiguration,
  session: Session,
  { clock, signal }: Run,
): Promise<TrustedView | undefined> {
  const isOurs = image.host === own.registry;
  const endpoint = trustEndpointOf(image.host);
  const access = isOurs
    ? session.trust
    : await session.accessTo(registryEndpointOf(image.host), endpoint);
  const server = createTrustServer({
    url: isOurs ? trustServer : `https://${endpoint}`,
    gun: gunOf(image),
    ...access,
  });
  return readRepository(server, { pins: [], now: clock(), signal });
}

function describe({ reference, status, digest, reason }: BaseImageReport): string {
  const what = {
    signed: 'signed, pinned to',
    unsigned: 'not signed',
    'pinned-by-dockerfile': 'named by digest',
    'not-checked': 'not checked',
  }[status];
  const details =
    status === 'signed' ? ` ${digest ?? ''}` : reason === undefined ? '' : `: ${reason}`;
  return `${reference}  ${what}${details}`;
}

function remoteDockerfile({ nameInput }: Run): TrustError {
  return new TrustError(
    'BASE_IMAGE_UNSIGNED',
    'The policy "enforce" wants every base image signed, and the Dockerfile is not on this agent to be read.',
    {
      remedy: `Check the sources out and give ${nameInput('context')} their folder, or set ${nameInput('base-images')} to ignore.`,
    },
  );
}

function unsigned(unproven: readonly BaseImageReport[], { nameInput }: Run): TrustError {
  const names = unproven.map(({ reference, status, reason }) =>
    status === 'unsigned' ? reference : `${reference} (not checked: ${reason ?? ''})`,
  );
  return new TrustError(
    'BASE_IMAGE_UNSIGNED',
    `The policy "enforce" wants every base image signed, and these are not: ${names.join(', ')}.`,
    {
      remedy: `Use signed base images or name them by digest, or set ${nameInput('base-images')} to pin-signed.`,
    },
  );
}
