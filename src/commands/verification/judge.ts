/** Judges images: their signatures, the policy, and whether the registry has what was signed. */
import { mapConcurrent } from '../../concurrency.js';
import { TrustError, isTrustError, unreachableCodes } from '../../errors.js';
import { limits } from '../../limits.js';
import { ageProblem, imageDatesOf, type Manifest, type NamePattern } from '../../registry/index.js';
import {
  firstExpiry,
  lookUpImage,
  releasesRole,
  repositoryAdmin,
  type RoleName,
  type SignedImage,
  type TrustedView,
} from '../../trust/index.js';
import type { Session } from '../access/access.js';
import type { Run } from '../context.js';
import type { ImageRequest } from './requests.js';
import type { Verdict, VerdictProblem } from './verdict.js';

/** What a verified image has to be besides signed. */
export interface VerifyPolicy {
  /** Roles that must all list the tag with the digest. */
  readonly requiredRoles: readonly RoleName[];
  /** Undefined: any age. */
  readonly maxAgeDays?: number | undefined;
  /** 0: no warning. */
  readonly warnExpiryDays: number;
  /** What may be unsigned. */
  readonly allowUnsigned: readonly NamePattern[];
  /** Whether a tag may point elsewhere in the registry than it is signed for. */
  readonly allowMovedTags: boolean;
  /** Whether what comes of this run is the digest, so that the tag in the registry does not matter. */
  readonly isUsedByDigest: (request: ImageRequest) => boolean;
}

/** What is known of the image's repository: its trust data, that it has none, or why neither. */
export type Repository =
  | {
      readonly kind: 'trusted';
      readonly view: TrustedView;
      readonly session: Pick<Session, 'images' | 'readBlob'>;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: TrustError };

/** What judging needs of a run. */
export type JudgingRun = Pick<Run, 'clock' | 'log' | 'nameInput'>;

const dayMs = 24 * 60 * 60_000;
const sign = 'Have it signed by its publisher, or use an image that is.';

/**
 * The verdicts on all of the images, in their order.
 * @throws whatever is no verdict: an interruption, or a fault of ours.
 */
export async function judgeAll(
  requests: readonly ImageRequest[],
  repositories: ReadonlyMap<string, Repository>,
  policy: VerifyPolicy,
  run: JudgingRun,
): Promise<readonly Verdict[]> {
  return mapConcurrent(requests, limits.concurrentRepositories, (request) =>
    judge(request, repositories.get(request.gun) ?? { kind: 'none' }, policy, run),
  );
}

async function judge(
  request: ImageRequest,
  repository: Repository,
  policy: VerifyPolicy,
  run: JudgingRun,
): Promise<Verdict> {
  const { reference } = request;
  switch (repository.kind) {
    case 'failed': {
      const { error } = repository;
      const problem = problemOf(error, reference);
      return isTrustError(error, ...unreachableCodes)
        ? unsigned(request, problem, policy, run)
        : failed(request, [problem]);
    }
    case 'none': {
      const message = `${reference} is not signed: ${request.gun} has no trust data.`;
      return unsigned(request, { code: 'TAG_NOT_SIGNED', message, remedy: sign }, policy, run);
    }
    case 'trusted': {
      const { view } = repository;
      const wanted = { tag: request.tag, digest: request.image.digest };
      const found = lookUpImage(view, wanted, policy.requiredRoles);
      if (found.kind === 'signed') return judgeSigned(request, found, repository, policy, run);
      const message = `${reference} is not signed: ${found.reason}.`;
      const problem = { code: 'TAG_NOT_SIGNED', message, remedy: sign } as const;
      return found.kind === 'other'
        ? failed(request, [problem])
        : unsigned(request, problem, policy, run);
    }
  }
}

async function judgeSigned(
  request: ImageRequest,
  signed: SignedImage,
  { view, session }: Repository & { readonly kind: 'trusted' },
  policy: VerifyPolicy,
  run: JudgingRun,
): Promise<Verdict> {
  const { reference } = request;
  const problems: VerdictProblem[] = [];
  const missing = policy.requiredRoles.filter((role) => !signed.roles.includes(role));
  if (missing.length > 0) {
    const message = `${reference} is signed, but not by ${missing.join(' and ')}: ${signed.digest} stands in ${signed.roles.join(', ')}.`;
    const remedy = 'Have it signed by whoever holds the keys of these roles.';
    problems.push({ code: 'POLICY_NOT_MET', message, remedy });
  }
  const expires = firstExpiry(view, signed, policy.requiredRoles);
  warnOfExpiry(view.gun, expires, policy, run);
  let created: Date | undefined;
  try {
    const { manifest, moved } = await fetchSigned(request, signed, session, policy, run);
    if (moved) problems.push(moved);
    if (policy.maxAgeDays !== undefined) {
      const dates = await imageDatesOf(session, request.image.repository, manifest);
      created = oldest(dates.map((date) => date.created));
      const problem = ageProblem(dates, policy.maxAgeDays, run.clock());
      if (problem !== undefined) {
        const message = `${reference} is signed, but not as required: ${problem}.`;
        const remedy = 'Build and sign it anew, or allow a higher age.';
        problems.push({ code: 'POLICY_NOT_MET', message, remedy });
      }
    }
  } catch (error) {
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    problems.push(problemOf(error, reference));
  }
  const delegations = signed.roles.filter((role) => role !== 'targets' && role !== releasesRole);
  return {
    request,
    status: problems.length === 0 ? 'verified' : 'failed',
    digest: signed.digest,
    tags: signed.tags,
    roles: signed.roles,
    signers:
      delegations.length === 0
        ? [repositoryAdmin]
        : delegations.map((role) => role.replace(/^targets\//, '')).sort(),
    ...(expires ? { expires } : {}),
    ...(created ? { created } : {}),
    problems,
  };
}

/** The signed content, from the registry. @throws {TrustError} MANIFEST_NOT_FOUND and others */
async function fetchSigned(
  request: ImageRequest,
  { digest, length }: SignedImage,
  { images }: Pick<Session, 'images'>,
  { allowMovedTags, isUsedByDigest }: VerifyPolicy,
  { log, nameInput }: JudgingRun,
): Promise<{ readonly manifest: Manifest; readonly moved: VerdictProblem | undefined }> {
  const { image, tag, gun, reference } = request;
  const [manifest, tagged] = await Promise.all([
    images.getManifest(image.repository, digest),
    tag === undefined ? undefined : describeTag(images, image.repository, tag),
  ]);
  if (!manifest) {
    const message = `${gun}@${digest} is signed, but the registry does not have it.`;
    throw new TrustError('MANIFEST_NOT_FOUND', message, {
      remedy: 'It was deleted after it was signed. Push and sign it again.',
    });
  }
  if (manifest.length !== length) {
    log.warn(`${reference} is signed with a size of ${length} bytes, but has ${manifest.length}.`);
  }
  if (tagged === undefined || tagged === `points to ${digest}`)
    return { manifest, moved: undefined };
  const message = `${gun}:${String(tag)} is signed for ${digest}, but the tag in the registry ${tagged}.`;
  if (allowMovedTags || isUsedByDigest(request)) {
    log.warn(`${message} Use the image by digest.`);
    return { manifest, moved: undefined };
  }
  const remedy = [
    `Push the signed image under the tag again: docker buildx imagetools create --tag ${gun}:${String(tag)} ${gun}@${digest}`,
    `Or use what was verified by digest: ${gun}@${digest}, or set ${nameInput('write-digests')} or ${nameInput('pull-verified')} to true.`,
    `Or set ${nameInput('allow-moved-tags')} to true, if whoever uses the tag verifies it again.`,
  ].join('\n');
  return { manifest, moved: { code: 'TAG_MOVED', message, remedy } };
}

/** What the tag is in the registry, as a person would say it: only worth a warning. */
async function describeTag(
  images: Session['images'],
  repository: string,
  tag: string,
): Promise<string> {
  try {
    const manifest = await images.getManifest(repository, tag);
    return manifest ? `points to ${manifest.digest}` : 'is not there any more';
  } catch (error) {
    // It may point to what is no image at all; the signed digest is asked for by itself.
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return `cannot be read (${error.message.replace(/\.$/, '')})`;
  }
}

function warnOfExpiry(
  gun: string,
  expires: Verdict['expires'],
  { warnExpiryDays }: VerifyPolicy,
  { clock, log }: JudgingRun,
): void {
  if (!expires) return;
  const days = (expires.at.getTime() - clock().getTime()) / dayMs;
  if (days >= warnExpiryDays) return;
  const day = expires.at.toISOString().slice(0, 10);
  log.warn(`${expires.role} of ${gun} expires on ${day}: have it signed again before that.`);
}

function oldest(dates: readonly (Date | undefined)[]): Date | undefined {
  const known = dates.filter((date) => date !== undefined);
  return known.sort((a, b) => a.getTime() - b.getTime())[0];
}

function problemOf({ code, message, remedy }: TrustError, reference: string): VerdictProblem {
  return { code, message: `${reference} cannot be verified: ${message}`, remedy };
}

function failed(request: ImageRequest, problems: readonly VerdictProblem[]): Verdict {
  return { request, status: 'failed', tags: [], roles: [], signers: [], problems };
}

/** Accepted where the policy says that it may be unsigned. */
function unsigned(
  request: ImageRequest,
  problem: VerdictProblem,
  { allowUnsigned }: VerifyPolicy,
  { log }: JudgingRun,
): Verdict {
  const pattern = allowUnsigned.find(({ matches }) => matches(request.gun));
  if (!pattern) return failed(request, [problem]);
  log.warn(`${problem.message.replace(/\.$/, '')}; accepted by "${pattern.text}".`);
  return { ...failed(request, []), status: 'allowed-unsigned' };
}
