/** What became of each image, and the one failure of those that are not as required. */
import type { ImageRequest } from '../deployment-files/index.js';
import { TrustError, type ErrorCode } from '../errors.js';
import { truncateLines } from '../report/text.js';
import type { ImageVerdict } from '../notation/index.js';
import { remediesOf } from '../report/failure-of-many.js';

/** Why a requirement is not met. */
export interface VerdictProblem {
  readonly code: ErrorCode;
  /** A sentence that names the image. */
  readonly message: string;
  readonly remedy: string;
}

/** The verdict on one requirement: it is met where there are no problems. */
export interface Finding {
  readonly problems: readonly VerdictProblem[];
  /** When the oldest of the image's platforms was made, where that was asked for and is known. */
  readonly created?: Date | undefined;
}

/** One image as it was judged. */
export interface Verdict extends Finding {
  readonly request: ImageRequest;
  readonly status: 'verified' | 'allowed-unsigned' | 'failed';
  /** The signed digest, once there is one. */
  readonly digest?: string;
  /** Tags that are signed with it. */
  readonly tags: readonly string[];
  readonly roles: readonly string[];
  /** As `docker trust inspect` names them. */
  readonly signers: readonly string[];
  /** The first of the roles it depends on to expire, or its Notary Project signature. */
  readonly expires?: { readonly role: string; readonly at: Date } | undefined;
  /** Which kinds of signatures it needs. Default: content trust. */
  readonly required?: RequiredKinds;
  /** Which of them it has. */
  readonly found?: readonly SignatureKind[];
  /** What became of each Notary Project signature, where they were looked at. */
  readonly notaryProject?: ImageVerdict | undefined;
  /** What the kind of signature lacks that is not needed after all. */
  readonly dismissed?: readonly VerdictProblem[];
}

/** A kind of signature. */
export type SignatureKind = 'dct' | 'notary-project';

/** Which kinds an image needs. */
export type RequiredKinds = SignatureKind | 'both' | 'either';

/** How many problems the message tells; the report tells all. */
const mostTold = 20;

/** What decides the code when images failed in different ways, the gravest first. */
const gravest: readonly ErrorCode[] = [
  'TRUST_DATA_INVALID',
  'TRUST_PIN_MISMATCH',
  'SIGNATURE_REJECTED',
  'TRUST_DATA_MISSING',
  'DIGEST_MISMATCH',
  'TRUST_DATA_EXPIRED',
  'TAG_NOT_SIGNED',
  'SIGNATURE_MISSING',
  'TAG_MOVED',
  'POLICY_NOT_MET',
];

/** One failure for all images that are not verified or allowed; undefined when there are none. */
export function failureOf(verdicts: readonly Verdict[]): TrustError | undefined {
  const failed = verdicts.filter(({ status }) => status === 'failed');
  const problems = failed.flatMap((verdict) => verdict.problems);
  const [first] = problems;
  if (!first) return undefined;
  const codes = problems.map(({ code }) => code);
  const are = failed.length === 1 ? 'is' : 'are';
  const count = `${failed.length} of ${verdicts.length} images ${are} not as required.`;
  const messages = truncateLines(
    problems.map(({ message }) => message),
    mostTold,
  );
  return new TrustError(
    gravest.find((code) => codes.includes(code)) ?? first.code,
    [...(verdicts.length === 1 ? [] : [count]), ...messages].join(' '),
    { remedy: remediesOf(problems) },
  );
}
