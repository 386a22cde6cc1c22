/**
 * Everything that is wrong with the inputs of a run, told at once. The list is as old as the run:
 * whoever reads a text, its type or its meaning notes what is wrong in it, and goes on.
 */
import { TrustError, isTrustError, type ErrorCode } from '../errors.js';
import { limits } from '../limits.js';
import { inputs, type InputName } from './table.js';
import type { InputDefinition } from './types.js';

/** One thing that is wrong with an input. */
export interface InputProblem {
  /** `command` is what chooses among all others, and stands in no table. */
  readonly input: InputName | 'command';
  /** What is wrong, so that it reads after the input's name: `is not set`. */
  readonly problem: string;
  readonly code: ErrorCode;
  /** What to do; without it the table's example is shown. */
  readonly remedy?: string;
}

/** How the host at hand spells an input's name, for messages. */
export type NameInput = (name: string) => string;

/** Notes that an input does not go with another. */
export type Conflict = (input: InputName, problem: string, remedy: string) => void;

/** What is wrong with the inputs of a run. */
export interface ProblemList {
  readonly nameInput: NameInput;
  readonly problems: readonly InputProblem[];
  /** The value that `body` reads from `input`; a refusal is noted, and undefined given. */
  readonly parse: <T>(input: InputName, body: () => T) => T | undefined;
  /** As `parse`, for what takes the file system to know. */
  readonly check: <T>(input: InputName, body: () => Promise<T>) => Promise<T | undefined>;
  readonly conflict: Conflict;
  readonly add: (problem: InputProblem) => void;
  /** An input that is not set is no problem after all: others say what it would. */
  readonly settle: (input: InputName) => void;
  /** Whether something is wrong with `input`, so that its value says nothing. */
  readonly has: (input: InputProblem['input']) => boolean;
  /** @throws {TrustError} with all that was noted. */
  readonly throwIfAny: () => void;
}

/** An empty list. */
export function collectProblems(nameInput: NameInput): ProblemList {
  const problems: InputProblem[] = [];
  const has = (input: InputProblem['input']): boolean =>
    problems.some((known) => known.input === input);
  const add = (found: InputProblem): void => {
    // An input that is known to be missing or unreadable is not missing once more.
    if (found.code === 'INPUT_MISSING' && has(found.input)) return;
    // What two readers make of one input is told once.
    if (problems.some((known) => known.input === found.input && known.problem === found.problem)) {
      return;
    }
    problems.push(found);
  };
  const note = (input: InputName, error: unknown): void => {
    if (!isTrustError(error)) throw error;
    const { code, remedy } = error;
    const problem = `cannot be used: ${error.message.replace(/\.$/, '')}`;
    add({ input, problem, code, remedy });
  };
  return {
    nameInput,
    problems,
    add,
    has,
    settle: (input) => {
      const at = problems.findIndex((known) => known.input === input);
      if (problems[at]?.code === 'INPUT_MISSING') problems.splice(at, 1);
    },
    parse: (input, body) => {
      try {
        return body();
      } catch (error) {
        note(input, error);
        return undefined;
      }
    },
    check: async (input, body) => {
      try {
        return await body();
      } catch (error) {
        note(input, error);
        return undefined;
      }
    },
    conflict: (input, problem, remedy) => {
      add({ input, problem, code: 'INPUT_CONFLICT', remedy });
    },
    throwIfAny: () => {
      const error = errorOf(problems, nameInput);
      if (error) throw error;
    },
  };
}

function errorOf(problems: readonly InputProblem[], nameInput: NameInput): TrustError | undefined {
  const [first, ...others] = problems;
  if (!first) return undefined;
  const describe = ({ input, problem }: InputProblem): string =>
    `"${nameInput(input)}" ${problem}.`;
  if (others.length === 0) {
    return new TrustError(first.code, `Input ${describe(first)}`, {
      remedy: remedyOf(first, nameInput),
    });
  }
  const lines = problems
    .slice(0, limits.shownProblems)
    .map((one) => `${describe(one)} ${indent(remedyOf(one, nameInput))}`);
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`... and ${hidden} more, which are told once these are corrected.`);
  // Which inputs, not how many problems: an input with a list may have several.
  const count = new Set(problems.map(({ input }) => input)).size;
  const title =
    count === 1
      ? `Input "${nameInput(first.input)}" cannot be used for ${problems.length} reasons:`
      : `${count} inputs cannot be used:`;
  const isOne = others.every(({ code }) => code === first.code);
  return new TrustError(isOne ? first.code : 'INPUT_INVALID', [title, ...lines].join('\n'), {
    remedy: 'Correct each of them as its line says, and run it again.',
  });
}

/** Further steps of a remedy stay lines of their own, below the input they are for. */
function indent(remedy: string): string {
  return remedy.replaceAll('\n', '\n  ');
}

function remedyOf({ input, remedy }: InputProblem, nameInput: NameInput): string {
  if (remedy !== undefined) return remedy;
  const example = input === 'command' ? 'sign' : (inputs[input] as InputDefinition).example;
  return `Set ${nameInput(input)}, for example: ${example}`;
}
