/**
 * Renewals: a body that was verified with a later end, and nothing else changed. Pure. What a role
 * lists, delegates and asks for stays as it was, custom fields and the order of delegations included.
 */
import type { RootSigned, TargetsSigned } from '../metadata/types.js';
import { rootExpiry, targetsExpiry } from './expiry.js';

/** The next version of a root, good for ten years from `now`. Its certificates keep their dates. */
export function renewedRoot(current: RootSigned, now: Date): RootSigned {
  return { ...current, expires: rootExpiry(now), version: current.version + 1 };
}

/** The next version of `targets` or of a delegation, good for three years from `now`. */
export function renewedTargets(current: TargetsSigned, now: Date): TargetsSigned {
  return { ...current, expires: targetsExpiry(now), version: current.version + 1 };
}
