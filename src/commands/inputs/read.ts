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
