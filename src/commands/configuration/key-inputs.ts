/** As long as commands read their inputs themselves. */
import type { ProblemList } from '../../inputs/index.js';
import { readKeyInput as keyInput, type KeyInput } from '../inputs/key-inputs.js';
import type { InputValues } from '../inputs/values.js';
import type { KeyConfiguration } from './types.js';

export { parseVaultUrl, separateKeys } from '../inputs/key-inputs.js';

export function readKeyInput(
  input: KeyInput,
  values: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): KeyConfiguration | undefined {
  return keyInput(input, { ...problems, values, workingDirectory });
}
