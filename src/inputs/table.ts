/**
 * The table of inputs: the sum of what the commands declare. Parsing, action.yml, task.json, the
 * command line's help and the reference are made from it; nothing else describes an input.
 */
import { commandLineOf } from './commands.js';
import { collectProblems, type NameInput, type ProblemList } from './problems.js';
import { readValue } from './read.js';
import type { OutputName } from './outputs.js';
import type { HostName, InputDefinition, Inputs, InputValue } from './types.js';

/** A command, as the table needs it. */
export interface DescribedCommand<N extends string = string> {
  readonly name: N;
  /** Names that it had before, which are accepted and warned of. */
  readonly formerNames?: readonly string[];
  /** A few words. */
  readonly label: string;
  /** Full sentences. */
  readonly help: string;
  readonly inputs: Inputs;
  /** The inputs that an example of it sets, each to what its definition has as example. */
  readonly example: readonly string[];
  /** The list that the command line takes from its arguments as well. */
  readonly argument?: string;
  /** Every output that it may set. */
  readonly outputs: readonly OutputName[];
}

/** The values of all inputs by name, each as its definition has it. */
export type RawValues = Readonly<Record<string, InputValue<InputDefinition>>>;

/** What is asked of the table. */
export interface InputTable<N extends string> {
  readonly commandNames: readonly N[];
  readonly commands: Readonly<Record<N, DescribedCommand<N>>>;
  /** Every input, in the order in which the commands declare them. */
  readonly inputNames: readonly string[];
  readonly definitionOf: (name: string) => InputDefinition<N>;
  /** The inputs that a host offers, for one command or for all. */
  readonly inputsOf: (host: HostName, command?: N) => readonly string[];
  /**
   * Reads the command, as one name (`keysInit`) or as on a command line (`keys init`).
   * @param onFormer is told of a name that the command had before.
   * @returns undefined, with a note in `problems`, for any other text.
   */
  readonly readCommand: (
    text: string,
    problems: ProblemList,
    onFormer?: (former: string, now: N) => void,
  ) => N | undefined;
  /**
   * Reads every input of `command`, or of all commands where it is not known.
   * @param read gives the text of an input, empty when it is not set.
   * @param problems where every input is noted that is missing or cannot be read. Without such a list
   *   they are thrown.
   */
  readonly readInputs: (
    command: N | undefined,
    host: HostName,
    read: (name: string) => string,
    problems?: ProblemList,
  ) => RawValues;
  /** An empty list of problems, which knows an example of every input. */
  readonly collectProblems: (nameInput: NameInput) => ProblemList;
}

/** The table of `all` commands. */
export function createTable<N extends string>(all: readonly DescribedCommand<N>[]): InputTable<N> {
  const definitions = assemble(all);
  const inputNames = [...definitions.keys()];
  const definitionOf = (name: string): InputDefinition<N> => {
    const definition = definitions.get(name);
    if (!definition) throw new TypeError(`there is no input ${name}`);
    return definition;
  };
  const inputsOf = (host: HostName, command?: N): readonly string[] =>
    inputNames.filter((name) => {
      const { hosts, commands } = definitionOf(name);
      return (hosts ?? [host]).includes(host) && (!command || commands.includes(command));
    });
  const createProblems = (nameInput: NameInput): ProblemList =>
    collectProblems(nameInput, (name) => definitions.get(name)?.example ?? 'sign');
  const commandNames = all.map(({ name }) => name);
  return {
    commandNames,
    commands: Object.fromEntries(all.map((one) => [one.name, one])) as InputTable<N>['commands'],
    inputNames,
    definitionOf,
    inputsOf,
    readCommand: (text, problems, onFormer) => {
      const words = text.trim().split(/\s+/).join(' ');
      const isCalled = (name: string): boolean =>
        name === words || commandLineOf(name).join(' ') === words;
      for (const { name, formerNames = [] } of all) {
        if (isCalled(name)) return name;
        const former = formerNames.find(isCalled);
        if (former === undefined) continue;
        onFormer?.(former, name);
        return name;
      }
      problems.add({
        input: 'command',
        problem: `is "${text.trim()}", and there is no such command`,
        code: 'INPUT_INVALID',
        remedy: commandsInstead(words, commandNames),
      });
      return undefined;
    },
    readInputs: (command, host, read, problems) => {
      const { add, throwIfAny } = problems ?? createProblems((name) => inputNameOn(host, name));
      const used = new Set(inputsOf(host, command));
      const values = Object.fromEntries(
        inputNames.map((name) => {
          const definition = definitionOf(name);
          const raw = used.has(name) ? read(name) : '';
          const isRequired = command !== undefined && definition.requiredBy.includes(command);
          if (raw.trim() === '' && isRequired) {
            add({ input: name, problem: 'is not set', code: 'INPUT_MISSING' });
          }
          return [name, readValue(name, definition, raw, add)];
        }),
      );
      if (!problems) throwIfAny();
      return values;
    },
    collectProblems: createProblems,
  };
}

/** Of a group, such as `keys`, the commands of that group. */
function commandsInstead(words: string, names: readonly string[]): string {
  const [group = ''] = words.split(' ');
  const lines = names.map(commandLineOf).filter(([first, second]) => first === group && second);
  return lines.length === 0
    ? `Use one of: ${names.join(', ')}.`
    : `After "${group}", use one of: ${lines.map(([, ...rest]) => rest.join(' ')).join(', ')}.`;
}

/** Every input with what all commands say of it. */
function assemble<N extends string>(
  all: readonly DescribedCommand<N>[],
): ReadonlyMap<string, InputDefinition<N>> {
  const definitions = new Map<string, InputDefinition<N>>();
  for (const { name: command, inputs } of all) {
    for (const [name, { required, note, ...declared }] of Object.entries(inputs)) {
      const { commands = [], requiredBy = [], notes = [] } = definitions.get(name) ?? {};
      definitions.set(name, {
        ...declared,
        commands: [...commands, command],
        requiredBy: required ? [...requiredBy, command] : requiredBy,
        notes: note === undefined ? notes : withNote(notes, note, command),
      });
    }
  }
  return definitions;
}

/** Commands that say the same of an input say it once. */
function withNote<N extends string>(
  notes: InputDefinition<N>['notes'],
  help: string,
  command: N,
): InputDefinition<N>['notes'] {
  const known = notes.find((note) => note.help === help);
  if (!known) return [...notes, { help, commands: [command] }];
  return notes.map((note) =>
    note === known ? { help, commands: [...note.commands, command] } : note,
  );
}

/**
 * What an input means for `of`, in full sentences: for one command as if there were no other.
 * @param nameCommand how a command is called where the text stands.
 */
export function helpOf<N extends string>(
  { help, notes, commands }: Pick<InputDefinition<N>, 'help' | 'notes' | 'commands'>,
  of: readonly N[],
  nameCommand: (command: N) => string,
): string {
  const asked = commands.filter((command) => of.includes(command));
  const particular = notes.flatMap((note) => {
    const meant = asked.filter((command) => note.commands.includes(command));
    if (meant.length === 0) return [];
    // Everybody who reads the text is meant.
    if (meant.length === asked.length) return [note.help];
    const names = meant.map((command) => `\`${nameCommand(command)}\``).join(', ');
    return [`For ${names}: ${note.help}`];
  });
  return [help, ...particular].join(' ');
}

/** An input's name on a host: kebab case, or camel case for the task. */
export function inputNameOn(host: HostName, name: string): string {
  return host === 'task' ? name.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase()) : name;
}
