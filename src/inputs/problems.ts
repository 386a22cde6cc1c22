/**
 * Everything that is wrong with the inputs of a run, told at once. The list is as old as the run:
 * whoever reads a text, its type or its meaning notes what is wrong in it, and goes on.
 */
import { TrustError, isTrustError, type ErrorCode } from '../errors.js';
import { limits } from '../limits.js';

/** One thing that is wrong with an input. */
export interface InputProblem<N extends string = string> {
  /** `command` is what chooses among all others, and stands in no table. */
  readonly input: N | 'command';
  /** What is wrong, so that it reads after the input's name: `is not set`. */
  readonly problem: string;
  readonly code: ErrorCode;
  /** What to do; without it the table's example is shown. */
  readonly remedy?: string;
}

/** How the host spells an input's name, for messages. */
export type NameInput = (name: string) => string;

/**
 * What is wrong with the inputs of a run.
 * @typeParam N the inputs that whoever has the list may speak of.
 */
export interface ProblemList<N extends string = string> {
  readonly nameInput: NameInput;
  readonly problems: readonly InputProblem[];
  /** The value that `body` reads from `input`; a refusal is noted, and undefined given. */
  parse<T>(this: void, input: N, body: () => T): T | undefined;
  /** As `parse`, for a value that a file holds. */
  parseAsync<T>(this: void, input: N, body: () => Promise<T>): Promise<T | undefined>;
  /** As `parse`, for what takes the file system to know: done by `runChecks`, in this order. */
  check(this: void, input: N, body: () => Promise<unknown>): void;
  /** Does what `check` was given, once all inputs are read. */
  runChecks(this: void): Promise<void>;
  /** Notes that an input does not go with another. */
  conflict(this: void, input: N, problem: string, remedy: string): void;
  add(this: void, problem: InputProblem<N>): void;
  /** An input that is not set is no problem after all: others say what it would. */
  settle(this: void, input: N): void;
  /** Whether something is wrong with `input`, so that its value says nothing. */
  has(this: void, input: N | 'command'): boolean;
  /** @throws {TrustError} with all that was noted. */
  throwIfAny(this: void): void;
}

/**
 * An empty list.
 * @param exampleOf a value that an input takes, for the remedy of a problem that has none.
 */
export function collectProblems(
  nameInput: NameInput,
  exampleOf: (input: string) => string,
): ProblemList {
  const remedyOf = ({ input, remedy }: InputProblem): string =>
    remedy ?? `Set ${nameInput(input)}, for example: ${exampleOf(input)}`;
  const problems: InputProblem[] = [];
  const checks: (() => Promise<unknown>)[] = [];
  const has = (input: string): boolean => problems.some((known) => known.input === input);
  const add = (found: InputProblem): void => {
    // An input that is known to be missing or unreadable is not missing once more.
    if (found.code === 'INPUT_MISSING' && has(found.input)) return;
    // What two readers make of one input is told once.
    if (problems.some((known) => known.input === found.input && known.problem === found.problem)) {
      return;
    }
    problems.push(found);
  };
  const note = (input: string, error: unknown): void => {
    if (!isTrustError(error)) throw error;
    const { code, remedy } = error;
    const problem = `cannot be used: ${error.message.replace(/\.$/, '')}`;
    add({ input, problem, code, remedy });
  };
  const parseAsync = async <T>(input: string, body: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await body();
    } catch (error) {
      note(input, error);
      return undefined;
    }
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
    parseAsync,
    check: (input, body) => {
      checks.push(() => parseAsync(input, body));
    },
    runChecks: async () => {
      for (const check of checks.splice(0)) await check();
    },
    conflict: (input, problem, remedy) => {
      add({ input, problem, code: 'INPUT_CONFLICT', remedy });
    },
    throwIfAny: () => {
      const error = errorOf(problems, nameInput, remedyOf);
      if (error) throw error;
    },
  };
}

function errorOf(
  problems: readonly InputProblem[],
  nameInput: NameInput,
  remedyOf: (problem: InputProblem) => string,
): TrustError | undefined {
  const [first, ...others] = problems;
  if (!first) return undefined;
  const describe = ({ input, problem }: InputProblem): string =>
    `"${nameInput(input)}" ${problem}.`;
  if (others.length === 0) {
    return new TrustError(first.code, `Input ${describe(first)}`, {
      remedy: remedyOf(first),
    });
  }
  const shown = problems.slice(0, limits.shownProblems);
  const lines = shown.map((one, i) => {
    const next = shown[i + 1];
    const remedy = remedyOf(one);
    // Neighbours with one remedy, such as registry and repository, say it once.
    const isSaidNext = next !== undefined && remedyOf(next) === remedy;
    return isSaidNext ? describe(one) : `${describe(one)} ${indent(remedy)}`;
  });
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`... and ${hidden} more, which are listed once these are corrected.`);
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
