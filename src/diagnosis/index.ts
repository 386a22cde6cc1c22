/** Checks of all that a signing run depends on. They look, and change nothing. */
export { areas, diagnose, type Check, type Finding, type Verdict } from './check.js';
export { checksOf, type DiagnosisRequest, type RegistryPlace } from './checks.js';
