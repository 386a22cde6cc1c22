/** Judges images: first whether a signature counts, then what else is required of them. */
import { mapConcurrent } from '../../concurrency.js';
import type { ImageRequest } from '../../deployment-files/index.js';
import { isTrustError, unreachableCodes, type TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { lookUpImage, type TrustedView } from '../../trust/index.js';
import {
  findingsOn,
  problemOf,
  type ImageToJudge,
  type JudgingRun,
  type VerifyPolicy,
} from './requirements.js';
import type { Verdict, VerdictProblem } from './verdict.js';

/** What is known of the image's repository: its trust data, that it has none, or why neither. */
export type Repository =
  | ({ readonly kind: 'trusted'; readonly view: TrustedView } & Pick<ImageToJudge, 'session'>)
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: TrustError };

/** What the signatures of an image say. */
type SignatureVerdict =
  | ({ readonly kind: 'signed' } & Pick<ImageToJudge, 'signed' | 'session'>)
  /** `missing`: nothing is signed, or nobody can be asked, so that a policy may accept it. */
  | { readonly kind: 'missing' | 'wrong'; readonly problem: VerdictProblem };

const dayMs = 24 * 60 * 60_000;

/**
 * The verdicts on all of the images, in their order.
 * @throws whatever is not a verdict: an interruption, or a fault of ours.
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
  const found = judgeSignature(request, repository, policy);
  if (found.kind !== 'signed') return withoutSignature(request, found, policy, run);
  const { digest, tags, roles, signers, expires } = found.signed;
  warnOfExpiry(request.gun, expires, policy, run);
  const { problems, created } = await findingsOn({ request, ...found }, policy, run);
  const status = problems.length === 0 ? 'verified' : 'failed';
  return { request, status, digest, tags, roles, signers, expires, created, problems };
}

/** What Docker Content Trust says of an image. */
function judgeSignature(
  request: ImageRequest,
  repository: Repository,
  { requiredRoles }: VerifyPolicy,
): SignatureVerdict {
  const { reference, gun, tag, image } = request;
  if (repository.kind === 'failed') {
    const { error } = repository;
    const kind = isTrustError(error, ...unreachableCodes) ? 'missing' : 'wrong';
    return { kind, problem: problemOf(error, request) };
  }
  const unsigned = (why: string): VerdictProblem => ({
    code: 'TAG_NOT_SIGNED',
    message: `${reference} is not signed: ${why}.`,
    remedy: 'Have it signed by its publisher, or use an image that is.',
  });
  if (repository.kind === 'none') {
    return { kind: 'missing', problem: unsigned(`${gun} has no trust data`) };
  }
  const { view, session } = repository;
  const found = lookUpImage(view, { tag, digest: image.digest }, requiredRoles);
  if (found.kind === 'signed') return { kind: 'signed', signed: found, session };
  const kind = found.kind === 'other' ? 'wrong' : 'missing';
  return { kind, problem: unsigned(found.reason) };
}

/** Accepted where nothing is signed and the policy says that it may be so. */
function withoutSignature(
  request: ImageRequest,
  { kind, problem }: SignatureVerdict & { readonly kind: 'missing' | 'wrong' },
  { allowUnsigned }: VerifyPolicy,
  { log }: JudgingRun,
): Verdict {
  const verdict = { request, tags: [], roles: [], signers: [] };
  const pattern =
    kind === 'missing' ? allowUnsigned.find(({ matches }) => matches(request.gun)) : undefined;
  if (!pattern) return { ...verdict, status: 'failed', problems: [problem] };
  log.warn(`${problem.message.replace(/\.$/, '')}; accepted by "${pattern.text}".`);
  return { ...verdict, status: 'allowed-unsigned', problems: [] };
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
