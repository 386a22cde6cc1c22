/** As long as commands read their inputs themselves. */
import type { ProblemList } from '../../inputs/index.js';
import {
  readKeyInput as keyInput,
  readKeySources as keySources,
  type KeyInput,
  type KeySource,
} from '../inputs/key-inputs.js';
import type { InputValues } from '../inputs/values.js';
import type { KeyConfiguration } from './types.js';

export { parseVaultUrl, separateKeys, type KeySource } from '../inputs/key-inputs.js';

export function readKeyInput(
  input: KeyInput,
  values: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): KeyConfiguration | undefined {
  return keyInput(input, { ...problems, values, workingDirectory });
}

export function readKeySources(
  values: InputValues,
  workingDirectory: string,
  problems: ProblemList,
): readonly KeySource[] {
  return keySources({ ...problems, values, workingDirectory });
}
