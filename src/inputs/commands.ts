/** The commands as people see them: in forms, help and documents. */
import { commandGroups, type CommandGroup } from './types.js';

/** The input that names the command, on the hosts where it is one. */
export const commandInput = {
  name: 'command',
  label: 'Command',
  help: 'What to do.',
  default: 'buildAndPush',
} as const satisfies Readonly<Record<string, string>>;

/** The group of a command and its name within it; a command of its own has no group. */
export function placeOf(command: string): {
  readonly group: CommandGroup | undefined;
  readonly verb: string;
} {
  const group = commandGroups.find((name) => new RegExp(`^${name}[A-Z]`).test(command));
  return { group, verb: kebab(group === undefined ? command : command.slice(group.length)) };
}

/** The words that ask for a command on a command line: `keys init`, `build-and-push`. */
export function commandLineOf(command: string): readonly string[] {
  const { group, verb } = placeOf(command);
  return group === undefined ? [verb] : [group, verb];
}

function kebab(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return words.replace(/^-/, '');
}

/** The first sentence of a help: as much of it as a list has room for. */
export function firstSentence(help: string): string {
  const [sentence = ''] = help.split(/(?<=\.)\s/);
  return sentence;
}
