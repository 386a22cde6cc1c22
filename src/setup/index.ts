/** From what is to be signed, by whom and where, to the script that sets it up. */
export { githubFederations, parseSetupName, parseTrigger } from './names.js';
export { lookAround, type Looker } from './look.js';
export { planSetup, type SetupPlan, type Shell } from './plan.js';
export {
  fromZero,
  type Federation,
  type NeededRole,
  type Presence,
  type RoleMode,
  type Seen,
  type SetupHost,
  type SetupKey,
  type SetupRepository,
  type SetupRequest,
} from './request.js';
