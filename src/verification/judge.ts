/** Judges images: first whether a signature counts, then what else is required of them. */
import { mapConcurrent } from '../concurrency.js';
import type { ImageRequest } from '../deployment-files/index.js';
import { isTrustError, unreachableCodes, type TrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { ImageVerdict } from '../notation/index.js';
import { lookUpImage, type TrustedView } from '../trust/index.js';
import {
  findingsOn,
  problemOf,
  type ImageToJudge,
  type JudgingRun,
  type VerifyPolicy,
} from './requirements.js';
import type { SignatureLookup } from './signature-lookup.js';
import type { Finding, RequiredKinds, SignatureKind, Verdict, VerdictProblem } from './verdict.js';

/** What is known of the image's repository: its trust data, that it has none, or why neither. */
export type Repository =
  | ({ readonly kind: 'trusted'; readonly view: TrustedView } & Pick<
      ImageToJudge,
      'session' | 'early'
    >)
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: TrustError };

/** What the signatures of one kind say, and whether the image is as required by them. */
interface Judged {
  readonly kind: SignatureKind;
  /** `missing`: nothing is signed, or nobody can be asked, so that a policy may accept it. */
  readonly status: 'good' | 'failed' | 'missing';
  readonly signed?: ImageToJudge['signed'];
  readonly finding: Finding;
  readonly notaryProject?: ImageVerdict | undefined;
}

const dayMs = 24 * 60 * 60_000;

/**
 * The verdicts on all of the images, in their order.
 * @param lookup of Notary Project signatures; without it content trust is all that counts.
 * @throws whatever is not a verdict: an interruption, or a fault of ours.
 */
export async function judgeAll(
  requests: readonly ImageRequest[],
  repositories: ReadonlyMap<string, Repository>,
  policy: VerifyPolicy,
  run: JudgingRun,
  lookup?: SignatureLookup,
): Promise<readonly Verdict[]> {
  return mapConcurrent(requests, limits.concurrentRepositories, (request) => {
    const repository = repositories.get(request.gun) ?? { kind: 'none' };
    return judge(request, repository, policy, run, lookup);
  });
}

async function judge(
  request: ImageRequest,
  repository: Repository,
  policy: VerifyPolicy,
  run: JudgingRun,
  lookup: SignatureLookup | undefined,
): Promise<Verdict> {
  const required = lookup?.requires(request.gun) ?? 'dct';
  const dct =
    required === 'notary-project'
      ? undefined
      : await judgeTrustData(request, repository, policy, run);
  const isLookedUp = lookup && required !== 'dct';
  const notaryProject = isLookedUp
    ? await judgeSignatures(request, digestFor(required, dct), lookup, policy, run)
    : undefined;
  const judged = [dct, notaryProject].filter((one) => one !== undefined);
  const good = judged.filter(({ status }) => status === 'good');
  const isEnough = required === 'either' ? good.length > 0 : good.length === judged.length;
  const counted = isEnough ? good : judged;
  const others = judged.filter((one) => !counted.includes(one));
  tellDismissed(request, others, run);
  const verdict = {
    request,
    ...factsOf(counted, required === 'either'),
    required,
    found: judged.flatMap(({ kind, signed }) => (signed ? kind : [])),
    notaryProject: notaryProject?.notaryProject,
    dismissed: others.flatMap(({ finding }) => finding.problems),
  };
  warnOfExpiry(request.gun, verdict.expires, policy, run);
  if (isEnough) return { ...verdict, status: 'verified', problems: [] };
  const problems = judged.flatMap(({ finding }) => finding.problems);
  const isUnsigned = judged.every(({ status }) => status === 'missing');
  const pattern = isUnsigned
    ? policy.allowUnsigned.find(({ matches }) => matches(request.gun))
    : undefined;
  if (!pattern) return { ...verdict, status: 'failed', problems };
  const why = problems.map(({ message }) => message.replace(/\.$/, '')).join('; ');
  run.log.warn(`${why}; accepted by "${pattern.text}".`);
  return { ...verdict, status: 'allowed-unsigned', problems: [] };
}

/**
 * What content trust says is signed is what the other kind has to sign as well. Only where either is
 * enough and content trust is not, the tag in the registry counts.
 */
function digestFor(required: RequiredKinds, dct: Judged | undefined): string | undefined {
  return required === 'either' && dct?.status !== 'good' ? undefined : dct?.signed?.digest;
}

/** What Docker Content Trust says of an image. */
async function judgeTrustData(
  request: ImageRequest,
  repository: Repository,
  policy: VerifyPolicy,
  run: JudgingRun,
): Promise<Judged> {
  const { reference, gun, tag, image } = request;
  const without = (status: 'missing' | 'failed', problem: VerdictProblem): Judged => ({
    kind: 'dct',
    status,
    finding: { problems: [problem] },
  });
  if (repository.kind === 'failed') {
    const { error } = repository;
    const status = isTrustError(error, ...unreachableCodes) ? 'missing' : 'failed';
    return without(status, problemOf(error, request));
  }
  const unsigned = (why: string): VerdictProblem => ({
    code: 'TAG_NOT_SIGNED',
    message: `${why}.`,
    remedy: 'Have it signed by its publisher, or use an image that is.',
  });
  if (repository.kind === 'none')
    return without('missing', unsigned(`${reference} is not signed: ${gun} has no trust data`));
  const { view, session, early } = repository;
  const found = lookUpImage(view, { tag, digest: image.digest }, policy.requiredRoles);
  if (found.kind !== 'signed') {
    return without(
      found.kind === 'other' ? 'failed' : 'missing',
      unsigned(`${image.digest === undefined ? gun : reference}: ${found.reason}`),
    );
  }
  const finding = await findingsOn({ request, signed: found, session, early }, 'dct', policy, run);
  const status = finding.problems.length === 0 ? 'good' : 'failed';
  return { kind: 'dct', status, signed: found, finding };
}

/** What Notary Project signatures say of it. */
async function judgeSignatures(
  request: ImageRequest,
  digest: string | undefined,
  lookup: SignatureLookup,
  policy: VerifyPolicy,
  run: JudgingRun,
): Promise<Judged> {
  const kind = 'notary-project';
  const found = await lookup.find(request, digest);
  const { verdict: notaryProject } = found;
  if (found.kind !== 'signed') {
    const status = found.kind === 'missing' ? 'missing' : 'failed';
    return { kind, status, finding: { problems: [found.problem] }, notaryProject };
  }
  const { signed, session, manifest } = found;
  // What the tag was resolved to is what it points to; a digest may be something else.
  const isResolved = digest === undefined && request.image.digest === undefined;
  const content = isResolved ? { manifest, moved: undefined } : undefined;
  // What the other kind has found out about the same digest is not found out twice.
  const finding =
    digest === undefined
      ? await findingsOn({ request, signed, session }, kind, policy, run, content)
      : { problems: [] };
  const status = finding.problems.length === 0 ? 'good' : 'failed';
  return { kind, status, signed, finding, notaryProject };
}

/** The facts of all that counts; of content trust first. */
function factsOf(judged: readonly Judged[], isAnyEnough: boolean) {
  const signed = judged.flatMap((one) => one.signed ?? []);
  const all = <T>(of: (one: ImageToJudge['signed']) => readonly T[]): readonly T[] => [
    ...new Set(signed.flatMap(of)),
  ];
  const [first] = signed;
  return {
    ...(first && { digest: first.digest }),
    tags: all(({ tags }) => tags),
    roles: all(({ roles }) => roles),
    signers: all(({ signers }) => signers),
    // The first to expire; where one of them is enough, the last.
    expires: signed
      .flatMap(({ expires }) => expires ?? [])
      .sort((a, b) => a.at.getTime() - b.at.getTime())
      .at(isAnyEnough ? -1 : 0),
    created: judged.find(({ finding }) => finding.created)?.finding.created,
  };
}

/** What one kind of signature lacks where the other is enough. */
function tellDismissed(
  { reference }: ImageRequest,
  others: readonly Judged[],
  { log }: JudgingRun,
): void {
  for (const { status, finding } of others) {
    const why = finding.problems.map(({ message }) => message).join(' ');
    const line = `${reference} is verified by the other kind of signature. ${why}`;
    if (status === 'missing') log.info(line);
    else log.warn(line);
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
