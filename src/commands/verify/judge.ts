/** Judges one image: its signature, the policy, and whether the registry has what was signed. */
import { TrustError, isTrustError, unreachableCodes } from '../../errors.js';
import type { NameInput } from '../../inputs/index.js';
import type { Log } from '../../ports.js';
import type { Manifest } from '../../registry/index.js';
import {
  expiriesOf,
  releasesRole,
  repositoryAdmin,
  type RoleName,
  type TrustedView,
} from '../../trust/index.js';
import type { HostAccess } from './access.js';
import { ageProblem, imageDatesOf } from './age.js';
import type { VerifyPolicy } from './configuration.js';
import { lookUpImage, type SignedImage } from './look-up.js';
import type { ImageRequest } from './requests.js';
import type { Verdict, VerdictProblem } from './verdict.js';

/** What judging needs besides the image. */
export interface Judging {
  readonly policy: VerifyPolicy;
  /** Whether what comes of this run is the digest, so that the tag in the registry does not matter. */
  readonly isUsedByDigest: (request: ImageRequest) => boolean;
  readonly nameInput: NameInput;
  readonly log: Log;
  readonly now: Date;
}

/** What is known of the image's repository: its trust data, that it has none, or why neither. */
export type Repository =
  | { readonly kind: 'trusted'; readonly view: TrustedView; readonly access: HostAccess }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: TrustError };

const dayMs = 24 * 60 * 60_000;
const sign = 'Have it signed by its publisher, or use an image that is.';

/** @throws whatever is no verdict: an interruption, or a fault of ours. */
export async function judge(
  request: ImageRequest,
  repository: Repository,
  judging: Judging,
): Promise<Verdict> {
  const { reference } = request;
  switch (repository.kind) {
    case 'failed': {
      const { error } = repository;
      const problem = problemOf(error, reference);
      return isTrustError(error, ...unreachableCodes)
        ? unsigned(request, problem, judging)
        : failed(request, [problem]);
    }
    case 'none': {
      const message = `${reference} is not signed: ${request.gun} has no trust data.`;
      return unsigned(request, { code: 'TAG_NOT_SIGNED', message, remedy: sign }, judging);
    }
    case 'trusted': {
      const { view, access } = repository;
      const wanted = { tag: request.tag, digest: request.image.digest };
      const found = lookUpImage(view, wanted, judging.policy.requiredRoles);
      if (found.kind === 'signed') return judgeSigned(request, found, view, access, judging);
      const message = `${reference} is not signed: ${found.reason}.`;
      const problem = { code: 'TAG_NOT_SIGNED', message, remedy: sign } as const;
      return found.kind === 'other'
        ? failed(request, [problem])
        : unsigned(request, problem, judging);
    }
  }
}

async function judgeSigned(
  request: ImageRequest,
  signed: SignedImage,
  view: TrustedView,
  access: HostAccess,
  judging: Judging,
): Promise<Verdict> {
  const { policy, now } = judging;
  const { reference } = request;
  const problems: VerdictProblem[] = [];
  const missing = policy.requiredRoles.filter((role) => !signed.roles.includes(role));
  if (missing.length > 0) {
    const message = `${reference} is signed, but not by ${missing.join(' and ')}: ${signed.digest} stands in ${signed.roles.join(', ')}.`;
    const remedy = 'Have it signed by whoever holds the keys of these roles.';
    problems.push({ code: 'POLICY_NOT_MET', message, remedy });
  }
  const expires = soonest(view, signed, policy.requiredRoles);
  warnOfExpiry(view.gun, expires, judging);
  let created: Date | undefined;
  try {
    const { manifest, moved } = await fetchSigned(request, signed, access, judging);
    if (moved) problems.push(moved);
    if (policy.maxAgeDays !== undefined) {
      const dates = await imageDatesOf(access, request.image.repository, manifest);
      created = oldest(dates.map((date) => date.created));
      const problem = ageProblem(dates, policy.maxAgeDays, now);
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
  { images }: HostAccess,
  { policy, log, isUsedByDigest, nameInput }: Judging,
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
  if (policy.allowMovedTags || isUsedByDigest(request)) {
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
  images: HostAccess['images'],
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

/**
 * The first to expire of the roles the image depends on. The timestamp is not among them: it lasts
 * two weeks, and the server renews it by itself.
 */
function soonest(
  view: TrustedView,
  { role }: SignedImage,
  requiredRoles: readonly RoleName[],
): Verdict['expires'] {
  const counting = new Set<RoleName>(['root', 'snapshot', 'targets', role, ...requiredRoles]);
  const first = [...expiriesOf(view)].find(([name]) => counting.has(name));
  return first && { role: first[0], at: first[1] };
}

function warnOfExpiry(
  gun: string,
  expires: Verdict['expires'],
  { policy, now, log }: Judging,
): void {
  if (!expires) return;
  const days = (expires.at.getTime() - now.getTime()) / dayMs;
  if (days >= policy.warnExpiryDays) return;
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

/** Let through where the policy says that it may be unsigned. */
function unsigned(
  request: ImageRequest,
  problem: VerdictProblem,
  { policy, log }: Judging,
): Verdict {
  const pattern = policy.allowUnsigned.find(({ matches }) => matches(request.gun));
  if (!pattern) return failed(request, [problem]);
  log.warn(`${problem.message.replace(/\.$/, '')}; let through by "${pattern.text}".`);
  return { ...failed(request, []), status: 'allowed-unsigned' };
}
