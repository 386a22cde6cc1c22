export { canHoldToPolicy, ownPolicy } from './builder-policy.js';
export { policyFor, requireNoConversion } from './pinned.js';
export { parseSourcePolicy, policyVariable } from './rules.js';
