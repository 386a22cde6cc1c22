/** Makes docs/inputs.md from the table of inputs. */
import {
  commandInput,
  commandLineOf,
  commandNames,
  commands,
  definitionOf,
  helpOf,
  inputGroups,
  inputNameOn,
  inputNames,
  outputs,
  type InputDefinition,
  type InputName,
} from '../../src/inputs/index.js';
import { choicesOf, defaultOf, isAlwaysRequired } from './text.js';

/** The text of docs/inputs.md. */
export function inputsMd(): string {
  return [
    '<!-- Made from src/inputs by "npm run generate"; edit that instead. -->',
    '# Inputs and outputs',
    'GitHub Action and command line use the names as they stand (`--signing-key`); the Azure Pipelines task uses camel case (`signingKey`). On the command line every input can also be given as an environment variable (`ACR_CONTENT_TRUST_SIGNING_KEY`); secrets only so, or as `@path` of a file.',
    '## Commands',
    `Action and task have the input \`${commandInput.name}\`, by default \`${commandInput.default}\`; the command line begins with it.`,
    table(
      ['Command', 'Command line', 'What it does'],
      commandNames.map((name) => [
        `\`${name}\``,
        `\`${commandLineOf(name).join(' ')}\``,
        commands[name].help,
      ]),
    ),
    ...Object.entries(inputGroups).flatMap(([group, title]) => [
      `## ${title}`,
      table(
        ['Input', 'What it is', 'Default', 'Example', 'Commands'],
        inputNames.filter((name) => definitionOf(name).group === group).map(row),
      ),
    ]),
    '## Outputs',
    'The task sets them as output variables in camel case (`signedTags`), and so does `--json` of the command line.',
    table(
      ['Output', 'What it is', 'Example'],
      Object.entries(outputs).map(([name, { description, example }]) => [
        `\`${name}\``,
        description,
        `\`${example}\``,
      ]),
    ),
  ].join('\n\n');
}

function row(name: InputName): readonly string[] {
  const definition = definitionOf(name);
  const notes = [helpOf(definition, commandNames, (command) => command), choicesOf(definition)];
  if (definition.secret) notes.push('Secret.');
  if (definition.hosts)
    notes.push(`${definition.hosts.map((host) => hostTitles[host]).join(', ')} only.`);
  const fallback = defaultOf(definition);
  const taskName = inputNameOn('task', name);
  return [
    taskName === name ? `\`${name}\`` : `\`${name}\`<br>\`${taskName}\``,
    notes.filter(Boolean).join(' '),
    fallback === undefined ? requirementOf(definition) : `\`${fallback}\``,
    `\`${definition.example}\``,
    definition.commands.length === commandNames.length ? 'all' : definition.commands.join(', '),
  ];
}

const hostTitles = {
  action: 'GitHub Action',
  task: 'Azure Pipelines',
  cli: 'Command line',
} as const;

function requirementOf(definition: InputDefinition): string {
  if (!definition.required) return '';
  return isAlwaysRequired(definition) ? 'required' : `required: ${definition.required.join(', ')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
