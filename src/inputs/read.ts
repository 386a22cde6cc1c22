/**
 * From the texts a host was given to typed values. Says everything that is wrong at once. What a
 * value means (a key reference, a repository) is for the command to judge.
 */
import { TrustError, type ErrorCode } from '../errors.js';
import { commandLineOf } from './commands.js';
import { inputs, type InputName, type InputValues } from './table.js';
import {
  commandNames,
  type CommandName,
  type HostName,
  type InputDefinition,
  type InputValue,
} from './types.js';

/** One thing that is wrong with an input; collected, then thrown together. */
export interface InputProblem {
  readonly input: InputName;
  /** What is wrong, so that it reads after the input's name: `is not set`. */
  readonly problem: string;
  readonly code: ErrorCode;
  /** What to do; without it the table's example is shown. */
  readonly remedy?: string;
}

/** How the host at hand spells an input's name, for messages. */
export type NameInput = (name: string) => string;

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
 * @throws {TrustError} INPUT_INVALID for any other text.
 */
export function readCommand(text: string): CommandName {
  const words = text.trim().split(/\s+/).join(' ');
  const command = commandNames.find(
    (name) => name === words || commandLineOf(name).join(' ') === words,
  );
  if (command === undefined) {
    throw new TrustError('INPUT_INVALID', `There is no command "${text.trim()}".`, {
      remedy: `Use one of: ${commandNames.join(', ')}.`,
    });
  }
  return command;
}

/**
 * Reads every input of `command`.
 * @param read gives the text of an input, empty when it is not set.
 * @throws {TrustError} naming every input that is missing or cannot be read.
 */
export function readInputs(
  command: CommandName,
  host: HostName,
  read: (name: InputName) => string,
): InputValues {
  const problems: InputProblem[] = [];
  const used = new Set(inputsOf(host, command));
  const values = inputNames.map((name) => {
    const definition = definitionOf(name);
    const text = used.has(name) ? read(name).trim() : '';
    if (text === '' && definition.required?.includes(command)) {
      problems.push({ input: name, problem: 'is not set', code: 'INPUT_MISSING' });
    }
    try {
      return [name, valueOf(definition, text)] as const;
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      problems.push({ input: name, problem: error.message, code: 'INPUT_INVALID' });
      return [name, undefined] as const;
    }
  });
  throwProblems(problems, (name) => inputNameOn(host, name));
  return Object.fromEntries(values) as unknown as InputValues;
}

/** @throws {TrustError} with all of `problems` in its message; returns if there are none. */
export function throwProblems(problems: readonly InputProblem[], nameInput: NameInput): void {
  const first = problems[0];
  if (!first) return;
  const named = problems.map(({ input, problem }) => `"${nameInput(input)}" ${problem}`);
  const message =
    named.length === 1
      ? `Input ${named[0] ?? ''}.`
      : `${named.length} inputs cannot be used: ${named.join('; ')}.`;
  throw new TrustError(first.code, message, {
    remedy: [...new Set(problems.map((problem) => remedyOf(problem, nameInput)))].join(' '),
  });
}

function remedyOf({ input, remedy }: InputProblem, nameInput: NameInput): string {
  if (remedy !== undefined) return remedy;
  const { example } = definitionOf(input);
  return `Set ${nameInput(input)}, for example: ${example}`;
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
