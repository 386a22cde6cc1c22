/** What to sign next: verified bodies plus changes, in the form Go prints. */
export { expiresAfter, expiresWithin, rootExpiry, targetsExpiry } from './expiry.js';
export { firstRoot, type RootKeys } from './root.js';
export { tagTarget, withTargets } from './targets.js';
