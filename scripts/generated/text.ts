/** Sentences about an input that several generated files share. */
import { inputNameOn, type HostName, type InputDefinition } from '../../src/inputs/index.js';
import { inputNames } from '../../src/commands/index.js';

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
