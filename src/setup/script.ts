/**
 * A script as data: what it runs, and what it reads while it runs. Whatever shell it is written for gets
 * the same words, each quoted by the rules of that shell.
 */
import type { Presence } from './request.js';

/** A value that is known when the script runs. */
export interface Variable {
  readonly variable: string;
}

/** One word of a command line, or a text: as it is, or with values that the script reads. */
export type Word = string | Variable | readonly (string | Variable)[];

/** A command with its arguments, one word each. */
export type Command = readonly Word[];

/** One thing that a script does. */
export type Statement =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'set'; readonly variable: string; readonly value: string }
  | { readonly kind: 'run'; readonly command: Command }
  /** Reads the answer of a command into a variable; empty where there is none. */
  | { readonly kind: 'capture'; readonly variable: string; readonly command: Command }
  /** Reads one output of our own command into a variable. */
  | {
      readonly kind: 'capture output';
      readonly variable: string;
      readonly command: Command;
      readonly output: string;
    }
  /** Stops where a variable is empty, or has several lines. */
  | {
      readonly kind: 'require one';
      readonly variable: string;
      readonly none?: string;
      readonly several?: string;
    }
  | { readonly kind: 'if empty'; readonly variable: string; readonly body: readonly Statement[] }
  /** Stops where a variable has another value. */
  | {
      readonly kind: 'require equal';
      readonly variable: string;
      readonly value: string;
      readonly message: string;
    }
  /** Repeats a command until it succeeds, for ten minutes. */
  | { readonly kind: 'wait'; readonly command: Command; readonly message: string }
  /** Writes a file of the folder that is removed in the end. */
  | { readonly kind: 'write'; readonly file: string; readonly text: Word }
  /** Writes a file that stays, unless it is there. */
  | { readonly kind: 'keep'; readonly file: string; readonly text: Word };

/** A part of a script with a title. */
export interface Section {
  readonly title: string;
  readonly statements: readonly Statement[];
  /** Variables for whose sake alone it is there; undefined where it does something by itself. */
  readonly provides?: readonly string[];
}

/** The folder of files that are removed in the end. */
export const folder = 'folder';

/** A file of that folder, as `az` takes the content of an argument from it. */
export function contentOf(file: string): Word {
  return ['@', { variable: folder }, `/${file}`];
}

/** A variable. */
export function variable(name: string): Variable {
  return { variable: name };
}

/** A text with variables in it. */
export function text(strings: TemplateStringsArray, ...words: readonly Word[]): Word {
  return strings.flatMap((piece, index) => {
    const word = words[index];
    return word === undefined ? [piece] : [piece, ...partsOf(word)];
  });
}

/** Arguments by name; undefined is left out, `true` has no value. */
type Flags = Readonly<Record<string, Word | true | undefined>>;

/** A command line of `az`; `words` are the command itself. */
export function az(words: string, flags: Flags, ...more: readonly Word[]): Command {
  return commandOf('az', words, flags, more);
}

/** A command line of ours. */
export function ours(words: string, flags: Flags): Command {
  return commandOf('acr-content-trust', words, flags, []);
}

function commandOf(program: string, words: string, flags: Flags, more: readonly Word[]): Command {
  const given = Object.entries(flags).flatMap(([name, value]): readonly Word[] => {
    if (value === undefined) return [];
    return value === true ? [`--${name}`] : [`--${name}`, value];
  });
  return [program, ...words.split(' '), ...given, ...more];
}

/** The parts of a word. */
export function partsOf(word: Word): readonly (string | Variable)[] {
  return typeof word === 'string' || 'variable' in word ? [word] : word;
}

/** The sections without those that only read what no other one uses. */
export function neededSections(sections: readonly Section[]): readonly Section[] {
  const used = new Set<string>();
  return sections
    .toReversed()
    .filter(({ provides, statements }) => {
      if (provides && !provides.some((name) => used.has(name))) return false;
      for (const name of statements.flatMap(variablesOf)) used.add(name);
      return true;
    })
    .toReversed();
}

/** The variables that a statement uses. */
function variablesOf(statement: Statement): readonly string[] {
  const inWords = (words: readonly Word[]): readonly string[] =>
    words.flatMap((word) =>
      partsOf(word).flatMap((part) => (typeof part === 'string' ? [] : [part.variable])),
    );
  switch (statement.kind) {
    case 'comment':
    case 'set':
      return [];
    case 'run':
    case 'capture':
    case 'capture output':
    case 'wait':
      return inWords(statement.command);
    case 'require one':
    case 'require equal':
      return [statement.variable];
    case 'if empty':
      return [statement.variable, ...statement.body.flatMap(variablesOf)];
    case 'write':
    case 'keep':
      return inWords([statement.text]);
  }
}

/** Whether a script has a statement of this kind. */
export function hasKind(statements: readonly Statement[], kind: Statement['kind']): boolean {
  return statements.some((one) => one.kind === kind || ('body' in one && hasKind(one.body, kind)));
}

/** A line that both shells leave alone. */
export function comment(text: string): string {
  return `# ${text.replaceAll('\n', ' ')}`.trimEnd();
}

/** The lines of all sections, each with its title. */
export function linesOf(
  sections: readonly Section[],
  lines: (statement: Statement) => readonly string[],
): readonly string[] {
  return sections.flatMap(({ title, statements }) => [
    '',
    comment(title),
    ...statements.flatMap(lines),
  ]);
}

/** What is within a block; of a text over several lines, which ends where a line says so, the first. */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** What a script says of a file that it keeps. */
export function keptNote(file: string): string {
  return `${file} is there already and stays as it is. Remove it and run this again to have it written.`;
}

/** Statements, by what they do. */
export const remark = (words: string): Statement => ({ kind: 'comment', text: words });
export const set = (name: string, value: string): Statement => ({
  kind: 'set',
  variable: name,
  value,
});
export const run = (command: Command): Statement => ({ kind: 'run', command });
export const capture = (name: string, command: Command): Statement => ({
  kind: 'capture',
  variable: name,
  command,
});
export const requireOne = (name: string, none: string): Statement => ({
  kind: 'require one',
  variable: name,
  none,
});
export const requireEqual = (name: string, value: string, message: string): Statement => ({
  kind: 'require equal',
  variable: name,
  value,
  message,
});
export const ifEmpty = (name: string, body: readonly Statement[]): Statement => ({
  kind: 'if empty',
  variable: name,
  body,
});
export const wait = (command: Command, message: string): Statement => ({
  kind: 'wait',
  command,
  message,
});
export const write = (file: string, content: Word): Statement => ({
  kind: 'write',
  file,
  text: content,
});

/** That it is looked for, and why. */
export function noteUnseen(presence: Presence | undefined): readonly Statement[] {
  return presence === 'unseen' ? [remark('Whether it is there already could not be seen.')] : [];
}
