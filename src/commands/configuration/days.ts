/** Numbers of days in inputs. */
import { TrustError } from '../../errors.js';

/** @throws {TrustError} INPUT_INVALID */
export function parseDays(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a number of days`, {
    remedy: 'Give a whole number such as 30.',
  });
}
