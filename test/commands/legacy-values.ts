/** Inputs as commands have them that read their inputs themselves. */
import { readInputs as read } from '../../src/commands/index.js';
import type { InputValues } from '../../src/commands/inputs/values.js';

export function readInputs(...parameters: Parameters<typeof read>): InputValues {
  return read(...parameters) as unknown as InputValues;
}
