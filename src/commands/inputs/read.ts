/** How a command reads its inputs. */
import type { Inputs, InputValues, ProblemList } from '../../inputs/index.js';

/**
 * The inputs `I`, typed, and the list that takes what is wrong with them: a reader notes a problem
 * and goes on, so that all problems are told at once. A reader of some inputs accepts the reader of
 * any command that has them.
 */
export interface Read<I extends Inputs> extends ProblemList<keyof I & string> {
  readonly values: InputValues<I>;
  /** Where relative paths start. */
  readonly workingDirectory: string;
}

/**
 * Refuses those of `inputs` that are set: an input that does nothing is a misunderstanding, and what it
 * asks for would be missing.
 * @param problem why it does nothing, as it reads after the name of the input.
 */
export function refuseInputs<I extends Inputs>(
  inputs: I,
  { values, conflict }: Read<I>,
  problem: string,
  remedy: string,
): void {
  for (const [input, declared] of Object.entries(inputs)) {
    const value: unknown = values[input];
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (isEmpty || ('default' in declared && value === declared.default)) continue;
    conflict(input, problem, remedy);
  }
}
