/** What a run says when images are not as required. */
import { TrustError, type ErrorCode } from '../../errors.js';
import { cappedList } from '../report/capped-list.js';
import { remediesOf } from '../report/failure-of-many.js';
import type { Verdict } from './verdict.js';

/** How many problems the message tells; the report tells all. */
const mostTold = 20;

/** What decides the code when images failed in different ways, the gravest first. */
const gravest: readonly ErrorCode[] = [
  'TRUST_DATA_INVALID',
  'TRUST_PIN_MISMATCH',
  'TRUST_DATA_MISSING',
  'DIGEST_MISMATCH',
  'TRUST_DATA_EXPIRED',
  'TAG_NOT_SIGNED',
  'TAG_MOVED',
  'POLICY_NOT_MET',
];

/** One failure for all images that are not as required; there is at least one. */
export function failureOf(failed: readonly Verdict[], total: number): TrustError {
  const problems = failed.flatMap((verdict) => verdict.problems);
  const codes = problems.map(({ code }) => code);
  const grave = gravest.find((code) => codes.includes(code));
  const messages = problems.map(({ message }) => message);
  const count =
    total === 1
      ? []
      : [
          `${failed.length} of ${total} images ${failed.length === 1 ? 'is' : 'are'} not as required.`,
        ];
  return new TrustError(
    grave ?? codes[0] ?? 'UNEXPECTED',
    [...count, ...cappedList(messages, mostTold)].join(' '),
    { remedy: remediesOf(problems) },
  );
}
