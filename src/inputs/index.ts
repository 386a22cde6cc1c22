export {
  commandInput,
  commandLineOf,
  commands,
  placeOf,
  type CommandDefinition,
} from './commands.js';
export {
  definitionOf,
  helpOf,
  inputNameOn,
  inputNames,
  inputsOf,
  readCommand,
  readInputs,
} from './read.js';
export { flawOf, secretValuesIn } from './lines.js';
export {
  collectProblems,
  type Conflict,
  type InputProblem,
  type NameInput,
  type ProblemList,
} from './problems.js';
export { unknownInputs, type UnknownInput } from './unknown.js';
export { isReference } from './secret.js';
export { inputs, outputs, type InputName, type InputValues, type OutputName } from './table.js';
export {
  commandGroups,
  commandNames,
  hostNames,
  inputGroups,
  type CommandGroup,
  type CommandName,
  type HostName,
  type InputDefinition,
  type InputGroup,
} from './types.js';
