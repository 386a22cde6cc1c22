export { commandInput, commandLineOf, firstSentence, placeOf } from './commands.js';
export { flawOf, secretValuesIn } from './lines.js';
export { isInstruction, joinInstructions, rawTagOf } from './metadata-action.js';
export { outputs, type OutputName } from './outputs.js';
export { type InputProblem, type NameInput, type ProblemList } from './problems.js';
export { isReference } from './secret.js';
export {
  createTable,
  helpOf,
  inputNameOn,
  type DescribedCommand,
  type InputTable,
  type RawValues,
} from './table.js';
export {
  commandGroups,
  inputGroups,
  type CommandGroup,
  type HostName,
  type Input,
  type InputDefinition,
  type InputGroup,
  type Inputs,
  type InputValues,
  type ListInput,
  type TextInput,
} from './types.js';
export { unknownInputs, type UnknownInput } from './unknown.js';
