/** Checks of all that a signing run depends on. They look, and change nothing. */
export { calendarChecks } from './calendar.js';
export {
  areas,
  diagnose,
  notGiven,
  type Check,
  type Finding,
  type Purpose,
  type Verdict,
} from './check.js';
export { dockerChecks } from './docker.js';
export { identityChecks } from './identity.js';
export { keyChecks } from './keys.js';
export { addressesOf, networkChecks, type Host } from './network.js';
export { registryChecks } from './registry.js';
export { propertyChecks } from './registry-properties.js';
export { surroundingsChecks } from './surroundings.js';
export { tagChecks } from './tags.js';
export { timestampChecks } from './timestamp.js';
export { trustChecks } from './trust.js';
