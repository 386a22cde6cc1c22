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
export type { HostContext, HostIdentity } from './context.js';
export { completed, type Aftermath } from './report/report.js';
