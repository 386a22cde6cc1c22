/** How long what we sign is good for, as Notary and Docker write it (notary const.go). */
import { limits } from '../../limits.js';
import { expiresWithin, formatExpires, parseExpires } from '../metadata/index.js';

const dayMs = 24 * 60 * 60 * 1000;

/** What a new root states: ten years. */
export function rootExpiry(now: Date): string {
  return after(now, limits.rootLifetimeDays);
}

/** What `targets` and every delegation state when they are signed: three years. */
export function targetsExpiry(now: Date): string {
  return after(now, limits.targetsLifetimeDays);
}

/** Whether something that expires at `expires` (RFC 3339) deserves a warning: within six months. */
export function expiresSoon(expires: string, now: Date): boolean {
  return expiresWithin(parseExpires(expires), now, limits.expiryWarningDays);
}

function after(now: Date, days: number): string {
  // Whole seconds: nobody needs more, and there is no fraction to print in two ways.
  const seconds = Math.floor(now.getTime() / 1000) * 1000;
  return formatExpires(new Date(seconds + days * dayMs));
}
