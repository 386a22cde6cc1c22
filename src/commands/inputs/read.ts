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
  /** The host's own environment variables, which say what pipeline this is. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Those of `inputs` that are set to something else than their default. */
export function inputsSet<I extends Inputs>(
  inputs: I,
  { values }: Pick<Read<I>, 'values'>,
): readonly (keyof I & string)[] {
  return Object.entries(inputs).flatMap(([input, declared]) => {
    const value: unknown = values[input];
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    return isEmpty || ('default' in declared && value === declared.default) ? [] : [input];
  });
}

/**
 * Refuses those of `inputs` that are set: an input that does nothing is a misunderstanding, and what it
 * asks for would be missing.
 * @param problem why it does nothing, as it reads after the name of the input.
 */
export function refuseInputs<I extends Inputs>(
  inputs: I,
  read: Read<I>,
  problem: string,
  remedy: string,
): void {
  for (const input of inputsSet(inputs, read)) read.conflict(input, problem, remedy);
}
