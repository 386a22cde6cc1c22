/** Inputs that a command has for something else as well, under names with a prefix. */
import type { Input, Inputs, InputValues, ProblemList } from '../../inputs/index.js';
import type { Read } from './read.js';

/** `inputs`, each with `P` before its name. */
export type Prefixed<P extends string, I extends Inputs> = {
  readonly [N in keyof I & string as `${P}${N}`]: I[N];
};

/**
 * Declares `inputs` once more. Where their help names one of them, it names it by its new name.
 * @param what they are for, behind their labels.
 */
export function prefixInputs<P extends string, I extends Inputs>(
  prefix: P,
  inputs: I,
  what: string,
): Prefixed<P, I> {
  const rename = (text: string): string =>
    text.replace(/`([a-z-]+)`/g, (whole, name: string) =>
      name in inputs ? `\`${prefix}${name}\`` : whole,
    );
  const declared = Object.entries(inputs).map(([name, input]): [string, Input] => [
    `${prefix}${name}`,
    {
      ...input,
      label: `${input.label} (${what})`,
      help: rename(input.help),
      ...(input.note !== undefined && { note: rename(input.note) }),
    },
  ]);
  return Object.fromEntries(declared) as Prefixed<P, I>;
}

/** Reads them as those who know them without the prefix do; messages have it. */
export function withoutPrefix<P extends string, I extends Inputs>(
  prefix: P,
  inputs: I,
  read: Read<Prefixed<P, I>>,
): Read<I> {
  const list = read as ProblemList;
  const values = read.values as Readonly<Record<string, unknown>>;
  const name = (input: string): string => (input in inputs ? `${prefix}${input}` : input);
  const own: ProblemList = {
    ...list,
    nameInput: (input) => list.nameInput(name(input)),
    parse: (input, body) => list.parse(name(input), body),
    parseAsync: (input, body) => list.parseAsync(name(input), body),
    check: (input, body) => {
      list.check(name(input), body);
    },
    conflict: (input, problem, remedy) => {
      list.conflict(name(input), problem, remedy);
    },
    add: (problem) => {
      list.add({ ...problem, input: name(problem.input) });
    },
    settle: (input) => {
      list.settle(name(input));
    },
    has: (input) => list.has(name(input)),
  };
  const ownValues = Object.keys(inputs).map((input) => [input, values[`${prefix}${input}`]]);
  return {
    ...own,
    values: Object.fromEntries(ownValues) as InputValues<I>,
    workingDirectory: read.workingDirectory,
    environment: read.environment,
  };
}
