/** The key of a role, replaced in any number of repositories. */
export { carryOut, planned, type Work } from './carry-out.js';
export { openNewKey } from './new-key.js';
export { planRotation, type RotatedRepository } from './plan-rotation.js';
export { adviceOn } from './rotation-advice.js';
export type { KeyRotation, NewKeySource, Rotation, ServerKeyRotation } from './rotation.js';
