/**
 * Expiry dates as they are written. Go prints them in its own way when it hashes a document again,
 * so a date such as `...:00.000Z` would poison the repository (notary tuf/tuf.go, UpdateSnapshot).
 */
import { limits } from '../../limits.js';

const dayMs = 24 * 60 * 60 * 1000;

/** `days` after `now` in RFC 3339, UTC, whole seconds: a form that Go prints back unchanged. */
export function expiresAfter(now: Date, days: number): string {
  return `${new Date(now.getTime() + days * dayMs).toISOString().slice(0, 19)}Z`;
}

/** Whether `expires` (RFC 3339) lies before `now` plus `days`. */
export function expiresWithin(expires: Date, now: Date, days: number): boolean {
  return expires.getTime() < now.getTime() + days * dayMs;
}

/** What a new root states. */
export const rootExpiry = (now: Date): string => expiresAfter(now, limits.rootLifetimeDays);

/** What `targets` and every delegation state when they are signed. */
export const targetsExpiry = (now: Date): string => expiresAfter(now, limits.targetsLifetimeDays);
