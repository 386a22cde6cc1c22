/**
 * Holds the base images of a Dockerfile to the policy: has their signatures verified and decides which
 * digest each is pinned to. A signature that is wrong stops every build; one that is missing only
 * where the policy says so.
 */
import { TrustError } from '../errors.js';
import type { CheckedDocker } from './check-docker.js';
import { findBaseImages, type BaseImages } from './dockerfile/index.js';
import type { Machine } from '../ports.js';
import { onBuildProblem, type AccessTo } from './onbuild.js';
import { baseImageOptions, type PreparedBuild } from './prepare-build.js';
import { canHoldToPolicy, ownPolicy, policyFor } from './source-policy/index.js';

/** A base image as it was found and used. */
export interface BaseImageReport {
  readonly reference: string;
  readonly status: 'signed' | 'unsigned' | 'pinned-by-dockerfile' | 'not-checked';
  /** What the build used; absent where Docker chose. */
  readonly digest?: string;
  readonly reason?: string;
}

/** What a build starts from. */
export interface BaseImageDecisions {
  readonly bases: BaseImages;
  /** A reference as the Dockerfile has it, to the digest that is signed for it. */
  readonly digests: ReadonlyMap<string, string>;
  readonly reports: readonly BaseImageReport[];
  /** The source policy that holds the builder to them, under `enforce`, where it obeys one. */
  readonly sourcePolicy: string | undefined;
}

/** What base images are held to, and who says what is signed. */
export interface BaseImagePolicy {
  /** Whether every base image must be signed. */
  readonly isEnforced: boolean;
  /** What is signed for a reference. @throws {TrustError} for trust data that cannot be believed */
  readonly lookUp: (reference: string) => Promise<BaseImageReport>;
  readonly accessTo: AccessTo;
}

/**
 * Looks up every base image that the Dockerfile names.
 * @returns undefined where the Dockerfile cannot be read here.
 * @throws {TrustError} BASE_IMAGE_UNSIGNED under `enforce`; DOCKERFILE_INVALID; what `lookUp` throws
 */
export async function verifyBaseImages(
  { request, dockerfile }: PreparedBuild,
  { isEnforced, lookUp, accessTo }: BaseImagePolicy,
  docker: CheckedDocker,
  machine: Pick<Machine, 'log' | 'environment' | 'platform' | 'workingDirectory' | 'nameInput'>,
): Promise<BaseImageDecisions | undefined> {
  const { log } = machine;
  if (!dockerfile) {
    if (isEnforced) throw remoteDockerfile(machine);
    log.warn('The Dockerfile is not on this agent, so its base images cannot be verified.');
    return undefined;
  }
  const bases = findBaseImages(dockerfile.text, await baseImageOptions(request, docker, machine));
  const isHeld = isEnforced && (await canHoldToPolicy(docker, request.builderName));
  const references = [...new Map(bases.images.map((image) => [image.reference, image])).values()];
  const reports = await Promise.all(
    references.map(async ({ reference, digest, range }): Promise<BaseImageReport> => {
      if (digest !== undefined) return { reference, status: 'pinned-by-dockerfile', digest };
      // The user pins what is named in an argument and not in the Dockerfile.
      if (!range) {
        const reason = 'it is named in an argument, where only a digest is sure';
        return { reference, status: 'not-checked', reason };
      }
      return lookUp(reference);
    }),
  );
  if (isEnforced && !isHeld) await refuseOnBuild(reports, bases, accessTo);
  for (const { written, line, reason } of bases.unresolved) {
    const where = line === undefined ? '' : ` (line ${line})`;
    reports.push({ reference: `${written}${where}`, status: 'not-checked', reason });
  }
  if (reports.length === 0) log.info('The Dockerfile names no base image.');
  for (const report of reports) log.info(describe(report));
  const unproven = reports.filter((report) => !isProven(report));
  if (isEnforced && unproven.length > 0) throw unsigned(unproven, machine);
  for (const { reference, status, reason } of unproven) {
    if (status === 'not-checked') {
      log.warn(`Base image ${reference} was not checked: ${reason ?? ''}.`);
    }
  }
  const images = pinnedImages(reports);
  const own = request.builder === 'buildx' ? await ownPolicy(docker, images, machine) : [];
  if (isEnforced) {
    log.info(
      isHeld
        ? 'The builder may use these images and no others (source policy).'
        : 'This builder obeys no source policy (buildx 0.11 and BuildKit 0.12 do): only the Dockerfile and the ONBUILD instructions of its base images were checked.',
    );
  }
  const digests = new Map(
    reports.flatMap(({ reference, status, digest }) =>
      status === 'signed' && digest !== undefined ? [[reference, digest] as const] : [],
    ),
  );
  return { bases, digests, reports, sourcePolicy: isHeld ? policyFor(images, own) : undefined };
}

/** Whether the content of a base image is known for sure. */
export function isProven({ status }: BaseImageReport): boolean {
  return status === 'signed' || status === 'pinned-by-dockerfile';
}

/** ONBUILD instructions of a base image can bring further images into a build. */
async function refuseOnBuild(
  reports: BaseImageReport[],
  bases: BaseImages,
  accessTo: AccessTo,
): Promise<void> {
  const built = new Set(
    bases.images.filter(({ kind }) => kind === 'from').map(({ reference }) => reference),
  );
  for (const [index, { reference, digest }] of reports.entries()) {
    if (digest === undefined || !built.has(reference)) continue;
    const reason = await onBuildProblem(reference, digest, bases, accessTo);
    if (reason !== undefined) reports[index] = { reference, status: 'not-checked', reason };
  }
}

/** The references whose digest is known, with it. */
function pinnedImages(reports: readonly BaseImageReport[]): readonly string[] {
  return reports.flatMap(({ reference, status, digest }) => {
    if (digest === undefined) return [];
    return [status === 'signed' ? `${reference.replace(/@.*$/, '')}@${digest}` : reference];
  });
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

function remoteDockerfile({ nameInput }: Pick<Machine, 'nameInput'>): TrustError {
  return new TrustError(
    'BASE_IMAGE_UNSIGNED',
    'The policy "enforce" needs a signature of every base image, and the Dockerfile is not on this agent to be read.',
    {
      remedy: `Check the sources out and give ${nameInput('context')} their folder, or set ${nameInput('base-images')} to ignore.`,
    },
  );
}

function unsigned(
  unproven: readonly BaseImageReport[],
  { nameInput }: Pick<Machine, 'nameInput'>,
): TrustError {
  const names = unproven.map(({ reference, status, reason }) =>
    status === 'unsigned' ? reference : `${reference} (not checked: ${reason ?? ''})`,
  );
  return new TrustError(
    'BASE_IMAGE_UNSIGNED',
    `The policy "enforce" needs a verified signature of every base image, and these have none: ${names.join(', ')}.`,
    {
      remedy: `Use signed base images or name them by digest, or set ${nameInput('base-images')} to pin-signed.`,
    },
  );
}
