/** What to sign next: verified bodies plus changes. */
export { expiresSoon, rootExpiry, targetsExpiry } from './expiry.js';
export { renewedRoot, renewedTargets } from './renewed.js';
export { withDelegationKeys, withRootKeys, type RoleKeyChange } from './role-keys.js';
export { firstRoot } from './root.js';
export { signerNamesOf, withSigner, withoutSigner } from './signers.js';
export { tagTarget, withoutTargets, withTargets } from './targets.js';
