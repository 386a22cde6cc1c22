/** One failure that stands for several. */
import { TrustError } from '../../errors.js';

/** What failed, by the name that people know it by. */
export interface Failed {
  readonly name: string;
  readonly error: TrustError;
}

/** How many failures the message tells; the report tells all. */
const mostTold = 20;

/**
 * The failure of all of `failed`, with the code of the first and every remedy once.
 * @param headline a sentence that says how many failed, and at what.
 */
export function failureOfMany(
  failed: readonly [Failed, ...(readonly Failed[])],
  headline: string,
): TrustError {
  const [first] = failed;
  const each = failed.slice(0, mostTold).map(({ name, error }) => `${name}: ${error.message}`);
  const more = failed.length > each.length ? [`And ${failed.length - each.length} more.`] : [];
  return new TrustError(first.error.code, `${headline} ${[...each, ...more].join(' ')}`, {
    remedy: [...new Set(failed.map(({ error }) => error.remedy))].join(' '),
    cause: first.error,
  });
}
