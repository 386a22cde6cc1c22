/**
 * Expiry times as Go writes and reads them: RFC 3339, fraction of 0-9 digits, trailing zeros of the
 * fraction removed. `Date.toISOString()` prints ".000Z", which Go would print differently: a
 * repository published with it is broken behind a 200 (tuf/tuf.go UpdateSnapshot).
 */
import { MetadataError } from './error.js';

/** What Go shows for a document without `expires`: its zero time, long past. */
export const zeroTime = '0001-01-01T00:00:00Z';

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** Prints `date` as metadata must carry it: UTC, `Z`, no trailing zeros in the fraction. */
export function formatExpires(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new MetadataError('the expiry is not a valid date');
  const text = date.toISOString();
  if (!/^\d{4}-/.test(text)) throw new MetadataError('the expiry is outside the years 0 to 9999');
  return text.replace(/\.?0*Z$/, 'Z');
}

/**
 * Reads RFC 3339 as Go does: capital T and Z, any offset, 0 to 9 fraction digits. What is finer
 * than a millisecond is dropped. @throws {MetadataError} when the text is anything else.
 */
export function parseExpires(text: string): Date {
  const match = rfc3339.exec(text);
  if (match === null) throw refusal(text);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  const isRealDay = local.getUTCMonth() === month - 1 && local.getUTCDate() === day;
  if (!isRealDay || hour > 23 || minute > 59 || second > 59) throw refusal(text);
  if (offsetHours > 23 || offsetMinutes > 59) throw refusal(text);
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  local.setUTCHours(hour, minute, second, milliseconds);
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1);
  return new Date(local.getTime() - offsetMs);
}

/** Reprints an expiry the way Go reprints it: zero offset as `Z`, fraction without trailing zeros. */
export function goExpires(text: string): string {
  parseExpires(text);
  return text
    .replace(/[+-]00:00$/, 'Z')
    .replace(/\.(\d*?)0*(?=Z|[+-]\d\d:\d\d$)/, (_all, digits: string) =>
      digits === '' ? '' : `.${digits}`,
    );
}

function refusal(text: string): MetadataError {
  const shown = text.length <= 64 ? text : `${text.slice(0, 64)} ...`;
  return new MetadataError(`expires ${JSON.stringify(shown)} is not an RFC 3339 time`);
}

const dayMs = 24 * 60 * 60 * 1000;

/** Whether what ends at `expires` ends in less than so many days from `now`, or has ended. */
export function expiresWithin(expires: Date, now: Date, days: number): boolean {
  return expires.getTime() < now.getTime() + days * dayMs;
}
