export {
  collectProblems,
  commandNames,
  commands,
  definitionOf,
  inputNames,
  inputsOf,
  readCommand,
  readInputs,
  runCommand,
  type CommandName,
} from './commands.js';
export type { HostContext } from './context.js';
export {
  errorFacts,
  failureOf,
  failureText,
  withAftermath,
  type Aftermath,
  type Failure,
} from '../report/failure.js';
export { failureSummary } from '../report/summary.js';
