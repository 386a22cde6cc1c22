/** What several generated files say of inputs and outputs. */
import {
  inputNameOn,
  outputs,
  type HostName,
  type InputDefinition,
  type OutputName,
} from '../../src/inputs/index.js';
import { commands, inputNames, type CommandName } from '../../src/commands/index.js';

/** The help with other inputs named as the host spells them. */
export function helpOn(host: HostName, help: string): string {
  return help.replace(/`([a-z]+(?:-[a-z]+)+)`/g, (whole, name: string) =>
    inputNames.includes(name) ? `\`${inputNameOn(host, name)}\`` : whole,
  );
}

/** The choices of an input, a sentence each; empty for other inputs. */
export function choicesOf(definition: InputDefinition): string {
  if (definition.type !== 'choice') return '';
  return Object.entries(definition.choices)
    .map(([choice, help]) => `\`${choice}\`: ${help}`)
    .join(' ');
}

/** The default as text, if there is one. */
export function defaultOf(definition: InputDefinition): string | undefined {
  return 'default' in definition ? String(definition.default) : undefined;
}

/** Whether no command that reads the input can do without it. */
export function isAlwaysRequired({ commands, requiredBy }: InputDefinition): boolean {
  return commands.every((command) => requiredBy.includes(command));
}

/** The outputs that some of these commands may set, in the order of the table. */
export function outputsOf(of: readonly CommandName[]): readonly OutputName[] {
  const names = Object.keys(outputs) as OutputName[];
  return names.filter((name) => of.some((command) => commands[command].outputs.includes(name)));
}
