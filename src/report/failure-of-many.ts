/** One failure in place of several. */
import { TrustError } from '../errors.js';
import { truncateLines } from './text.js';

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
  const each = failed.map(({ name, error }) => `${name}: ${error.message.replace(/\.?$/, '.')}`);
  return new TrustError(first.error.code, [headline, ...truncateLines(each, mostTold)].join(' '), {
    remedy: remediesOf(failed.map(({ error }) => error)),
    cause: first.error,
  });
}

/** Every remedy once, a line each, as far as somebody follows them. */
export function remediesOf(errors: readonly { readonly remedy: string }[]): string {
  return truncateLines([...new Set(errors.map(({ remedy }) => remedy))], mostTold).join('\n');
}
