/** Any number of repositories, opened, read and changed side by side. */
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
  type NamedRepository,
  type OpenRepository,
  type ReadTrustOptions,
} from './open-repositories.js';
export {
  prepareChange,
  type ChangeConfiguration,
  type PreparedChange,
  type PreparedRepository,
  type ReadRepository,
} from './prepare-change.js';
