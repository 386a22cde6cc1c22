/** Makes docs/reference.md from the table of inputs: a section for each command. */
import {
  commandInput,
  commandLineOf,
  firstSentence,
  helpOf,
  inputGroups,
  inputNameOn,
  outputs,
  type InputDefinition,
  type InputGroup,
} from '../../src/inputs/index.js';
import {
  commandNames,
  commands,
  definitionOf,
  inputNames,
  type CommandName,
} from '../../src/commands/index.js';
import { choicesOf, defaultOf, outputsOf } from './text.js';

/** An input that more commands read is explained below "Shared inputs", not at the first of them. */
const mostCommands = 3;

/** A longer note stands at the first command that it is for; the others refer to it. */
const longestRepeated = 80;

const introduction = `
Names: the command line takes \`--signing-key\`, a GitHub Action \`signing-key\`, the Azure Pipelines task \`signingKey\`.

On the command line, every input can also be an environment variable (\`ACR_CONTENT_TRUST_SIGNING_KEY\`). A secret is
accepted only as such a variable, or as \`@path\` of a file.

The task and the action \`acr-content-trust@v1\` choose the command with \`${commandInput.name}\` (default:
\`${commandInput.default}\`). The actions \`actions/sign\`, \`verify\`, \`inspect\`, \`revoke\`, \`promote\`, \`migrate\`,
\`doctor\` and \`export-policy\` are one command each. The actions \`actions/keys\`, \`signers\` and \`trust\` take the second word: \`command: rotate\`.
`;

/** The text of docs/reference.md. */
export function referenceMd(): string {
  return [
    '<!-- Made from src/inputs by "npm run generate"; edit that instead. -->',
    '# Commands, inputs and outputs',
    introduction,
    table(
      ['Command line', '`command`', 'What it does'],
      commandNames.map((name) => [
        `[\`${lineOf(name)}\`](#${anchorOf(lineOf(name))})`,
        `\`${name}\``,
        firstSentence(commands[name].help),
      ]),
    ),
    '## Commands',
    ...commandNames.flatMap(commandSection),
    '## Shared inputs',
    ...groups.flatMap(([group, title]) => {
      const names = inputNames.filter(
        (name) => isShared(name) && definitionOf(name).group === group,
      );
      return names.length === 0 ? [] : [`### ${title}`, inputTable(names.map(explained))];
    }),
    '## Outputs',
    'The task and `--json` of the command line write them in camel case (`signedTags`).',
    'With `--json` standard output is one JSON object: the outputs, as texts; `formatVersion`, which changes when something changes its meaning; `error` of a failed run, with `code`, `message`, `remedy` and `helpUrl`; and `report`, the [trust report](trust-report.md) with numbers, lists and all its fields.',
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

const groups = Object.entries(inputGroups) as readonly (readonly [InputGroup, string])[];

function commandSection(command: CommandName): readonly string[] {
  const names = inputNames.filter((name) => definitionOf(name).commands.includes(command));
  const told = names.filter((name) => hasRow(name, command));
  const others = names.filter((name) => !told.includes(name));
  const also = [...new Set(others.map(placeOfText))].map((title) => {
    const link = `- [${title}](#${anchorOf(title)})`;
    // Every command has these.
    if (title === inputGroups.identity) return link;
    const there = others.filter((name) => placeOfText(name) === title);
    return `${link}: ${there.map((name) => `\`${name}\``).join(', ')}`;
  });
  const sets = outputsOf([command]).map((name) => `\`${name}\``);
  return [
    `### ${lineOf(command)}`,
    commands[command].help,
    ...(told.length > 0 ? [inputTable(told.map((name) => row(name, command)))] : []),
    ['Explained elsewhere:', ...also].join('\n'),
    ...(sets.length > 0 ? [`Sets [outputs](#outputs): ${sets.join(', ')}.`] : []),
  ];
}

/** Whether the table of `command` says anything of an input that no other place says. */
function hasRow(name: string, command: CommandName): boolean {
  return (
    placeOfText(name) === lineOf(command) ||
    definitionOf(name).requiredBy.includes(command) ||
    notesOf(name, command).length > 0
  );
}

/** The heading below which an input is explained. */
function placeOfText(name: string): string {
  return isShared(name) ? inputGroups[definitionOf(name).group] : lineOf(homeOf(name));
}

function notesOf(name: string, command: CommandName): InputDefinition<CommandName>['notes'] {
  return definitionOf(name).notes.filter((note) => note.commands.includes(command));
}

function row(name: string, command: CommandName): readonly string[] {
  const place = placeOfText(name);
  if (place === lineOf(command)) return explained(name);
  const definition = definitionOf(name);
  const notes = notesOf(name, command).map(({ commands: readers, help }) => {
    const first = firstOf(readers);
    const isTold = first !== command && help.length > longestRepeated;
    return isTold ? `As for [${lineOf(first)}](#${anchorOf(lineOf(first))}).` : help;
  });
  return [
    `\`${name}\``,
    requirementOf(definition, command),
    [`[${definition.label}](#${anchorOf(place)}).`, ...notes].join(' '),
  ];
}

/** The row that says all about an input. */
function explained(name: string): readonly string[] {
  const definition = definitionOf(name);
  const isHome = !isShared(name);
  const sentences = [
    isHome ? helpOf(definition, [homeOf(name)], lineOf) : definition.help,
    choicesOf(definition),
    definition.secret ? 'Secret.' : '',
    definition.hosts ? `${definition.hosts.map((host) => hostTitles[host]).join(', ')} only.` : '',
    exampleOf(definition),
  ];
  const names = new Set([name, inputNameOn('task', name), ...(definition.taskAliases ?? [])]);
  return [
    [...names].map((each) => `\`${each}\``).join('<br>'),
    requirementOf(definition, isHome ? homeOf(name) : undefined),
    sentences.filter(Boolean).join(' '),
  ];
}

/** Nothing for what the choices show already, and for a value that no page may show. */
function exampleOf({ type, secret, references, example }: InputDefinition): string {
  const isShown = type === 'boolean' || type === 'choice' || (secret && references === undefined);
  return isShown ? '' : `Example: \`${example}\`.`;
}

const hostTitles = {
  action: 'GitHub Action',
  task: 'Azure Pipelines',
  cli: 'Command line',
} as const;

function requirementOf(
  definition: InputDefinition<CommandName>,
  command: CommandName | undefined,
): string {
  if (command !== undefined && definition.requiredBy.includes(command)) return 'required';
  const fallback = defaultOf(definition);
  return fallback === undefined ? '' : `\`${fallback}\``;
}

function isShared(name: string): boolean {
  return definitionOf(name).commands.length > mostCommands;
}

/** The first command that reads an input: where it is explained. */
function homeOf(name: string): CommandName {
  return firstOf(definitionOf(name).commands);
}

function firstOf(some: readonly CommandName[]): CommandName {
  return commandNames.find((command) => some.includes(command)) ?? commandInput.default;
}

function lineOf(command: CommandName): string {
  return commandLineOf(command).join(' ');
}

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}

function inputTable(rows: readonly (readonly string[])[]): string {
  return table(['Input', 'Default', 'What it does'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
