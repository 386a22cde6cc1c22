export { policyFor, requireNoConversion } from './pinned.js';
export { parseSourcePolicy, policyVariable, type PolicyRule } from './rules.js';
