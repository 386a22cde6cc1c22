/** The input that says when an expiry is near. */
import { TrustError } from '../../errors.js';
import type { Input, Inputs } from '../../inputs/index.js';
import type { Read } from './read.js';

export const warnExpiryDays = {
  type: 'text',
  group: 'verification',
  label: 'Warn of expiry, in days',
  help: 'When a role that an image or a repository depends on expires soon: within this many days. 0 is never.',
  default: '30',
  example: '14',
} as const satisfies Input;

export const daysInputs = { 'warn-expiry-days': warnExpiryDays } as const satisfies Inputs;

/** Within how many days an expiry is near; 0 when the input cannot be read. */
export function readDays(
  { values, parse }: Read<typeof daysInputs>,
  toDays: (text: string) => number = parseDays,
): number {
  return parse('warn-expiry-days', () => toDays(values['warn-expiry-days'])) ?? 0;
}

/** A number of days from `least`. @throws {TrustError} INPUT_INVALID */
export function parseDays(text: string, least = 0): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= least) return Number(text);
  throw new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a number of days`, {
    remedy: `Give a whole number${least > 0 ? ` from ${least}` : ''}, such as 30.`,
  });
}
