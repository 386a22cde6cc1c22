/**
 * From the texts a host was given to typed values. Says everything that is wrong at once. What a
 * value means (a key reference, a repository) is for the command to judge.
 */
import { commandLineOf } from './commands.js';
import { entriesOf, flawOf } from './lines.js';
import { collectProblems, type ProblemList } from './problems.js';
import { inputs, type InputName, type InputValues } from './table.js';
import {
  commandNames,
  type CommandName,
  type HostName,
  type InputDefinition,
  type InputValue,
  type LineForm,
} from './types.js';

/** Every input of the table, by name. */
export const inputNames = Object.keys(inputs) as readonly InputName[];

/** The definition of an input, without its literal types. */
export function definitionOf(name: InputName): InputDefinition {
  return inputs[name];
}

/** The inputs that a host offers for a command, in the table's order. */
export function inputsOf(host: HostName, command?: CommandName): readonly InputName[] {
  return inputNames.filter((name) => {
    const { hosts, commands } = definitionOf(name);
    return (hosts ?? [host]).includes(host) && (!command || commands.includes(command));
  });
}

/**
 * What an input means for `of`, in full sentences: for one command as if there were no other.
 * @param nameCommand how a command is called where the text stands.
 */
export function helpOf(
  { help, notes = [], commands }: InputDefinition,
  of: readonly CommandName[],
  nameCommand: (command: CommandName) => string,
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

/**
 * Reads the command, as one name (`keysInit`) or as on a command line (`keys init`).
 * @returns undefined, with a note in `problems`, for any other text.
 */
export function readCommand(text: string, problems: ProblemList): CommandName | undefined {
  const words = text.trim().split(/\s+/).join(' ');
  const command = commandNames.find(
    (name) => name === words || commandLineOf(name).join(' ') === words,
  );
  if (command === undefined) {
    problems.add({
      input: 'command',
      problem: `is "${text.trim()}", and there is no such command`,
      code: 'INPUT_INVALID',
      remedy: `Use one of: ${commandNames.join(', ')}.`,
    });
  }
  return command;
}

/**
 * Reads every input of `command`, or of all commands where it is not known.
 * @param read gives the text of an input, empty when it is not set.
 * @param problems where every input is noted that is missing or cannot be read; it has its default
 *   then. Without such a list they are thrown.
 */
export function readInputs(
  command: CommandName | undefined,
  host: HostName,
  read: (name: InputName) => string,
  problems?: ProblemList,
): InputValues {
  const { add, throwIfAny } = problems ?? collectProblems((name) => inputNameOn(host, name));
  const used = new Set(inputsOf(host, command));
  const values = inputNames.map((name) => {
    const definition = definitionOf(name);
    const raw = used.has(name) ? read(name) : '';
    const text = raw.trim();
    if (text === '' && command !== undefined && definition.required?.includes(command)) {
      add({ input: name, problem: 'is not set', code: 'INPUT_MISSING' });
    }
    if (definition.type === 'lines' && definition.form !== undefined) {
      return [name, readEntries(name, definition.form, raw, add)] as const;
    }
    try {
      return [name, valueOf(definition, text)] as const;
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      add({ input: name, problem: error.message, code: 'INPUT_INVALID' });
      return [name, valueOf(definition, '')] as const;
    }
  });
  if (!problems) throwIfAny();
  return Object.fromEntries(values) as unknown as InputValues;
}

/** The entries that can be used; what is wrong with another is told by its line alone. */
function readEntries(
  input: InputName,
  form: LineForm,
  text: string,
  add: ProblemList['add'],
): readonly string[] {
  return entriesOf(text).flatMap((entry) => {
    const flaw = flawOf(form, entry);
    if (!flaw) return [entry.text];
    const problem = `line ${entry.line} ${flaw.problem}`;
    add({ input, problem, code: 'INPUT_INVALID', remedy: flaw.remedy });
    return [];
  });
}

class UnreadableValue extends Error {}

function valueOf(definition: InputDefinition, text: string): InputValue<InputDefinition> {
  switch (definition.type) {
    case 'text':
      return text === '' ? definition.default : text;
    case 'list':
      return split(text, /[,\r\n]/);
    case 'lines':
      return split(text, /\r?\n/);
    case 'boolean':
      return text === '' ? definition.default : booleanOf(text);
    case 'choice':
      return text === '' ? definition.default : choiceOf(definition.choices, text);
  }
}

function split(text: string, separator: RegExp): readonly string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** YAML 1.2 core schema and the spelling of each host: true, True, TRUE. */
function booleanOf(text: string): boolean {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  throw new UnreadableValue(`is "${text}", which is neither true nor false`);
}

function choiceOf(choices: Readonly<Record<string, string>>, text: string): string {
  if (Object.hasOwn(choices, text)) return text;
  throw new UnreadableValue(`is "${text}", which is none of ${Object.keys(choices).join(', ')}`);
}
