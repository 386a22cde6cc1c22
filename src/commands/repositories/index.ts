/** The repositories of the commands on keys, signers and trust data. */
export {
  eachRepository,
  failureOfEach,
  failuresOf,
  mapResults,
  outcomeColumns,
  outcomeFacts,
  unwrapAll,
  valuesOf,
  type Result,
  type Outcome,
} from './each-repository.js';
export {
  loginToAll,
  openRepositories,
  readTrust,
  requirePublish,
  type OpenRepository,
  type ReadTrustOptions,
} from './open-repositories.js';
