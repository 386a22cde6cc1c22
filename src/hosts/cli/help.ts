/** How the command line explains itself: `-h` has a sentence for each option, `--help` all there is to say. */
import { Command, type Help } from 'commander';
import { ourCommand } from '../../command-line.js';
import { commandLineOf, firstSentence, helpOf } from '../../inputs/index.js';
import { commands, definitionOf, type CommandName } from '../../commands/index.js';
import { pageUrl } from '../../version.js';
import { environmentPrefix } from './values.js';

/**
 * A command with a help like that of all others.
 * @param layout where the text of an option stands: beside it, or in lines of its own below it.
 */
export function commandWithHelp(name: string, layout: 'beside' | 'below' = 'beside'): Command {
  return new Command(name)
    .helpOption('-h, --help', 'Prints the help; with -h, one sentence for each option.')
    .configureHelp({
      // Beside long options there is little room on a narrow terminal.
      minWidthToWrap: 16,
      commandUsage: usageOf,
      subcommandTerm: (command) => command.name(),
      optionDescription: ({ description }) => description,
      ...(layout === 'below' && { formatItem: itemBelow }),
    });
}

/** The words that ask for a command: `acr-content-trust keys init`. */
export function wordsOf(command: Command): string {
  const { parent } = command;
  return parent ? `${wordsOf(parent)} ${command.name()}` : command.name();
}

function usageOf(command: Command): string {
  const given = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}...]`,
  );
  const rest = command.commands.length > 0 ? ['<command>'] : given;
  return [wordsOf(command), ...rest, '[options]'].join(' ');
}

function itemBelow(term: string, _width: number, text: string, helper: Help): string {
  const indent = ' '.repeat(6);
  const lines = helper.boxWrap(text, (helper.helpWidth ?? 80) - indent.length);
  return `  ${term}\n${indent}${lines.replaceAll('\n', `\n${indent}`)}`;
}

/** What an option is for one command: all of it, or a sentence. */
export function describeOption(name: string, command: CommandName, isShort: boolean): string {
  const definition = definitionOf(name);
  const help = helpOf(definition, [command], (other) => commandLineOf(other).join(' '));
  const parts = isShort ? [firstSentence(help)] : [help];
  if (definition.type === 'choice') {
    const { choices } = definition;
    parts.push(
      isShort
        ? `One of: ${Object.keys(choices).join(', ')}.`
        : Object.entries(choices)
            .map(([choice, meaning]) => `"${choice}": ${meaning}`)
            .join(' '),
    );
  }
  if (!isShort && (definition.type === 'list' || definition.type === 'lines')) {
    parts.push('May be given several times.');
  }
  if (definition.requiredBy.includes(command)) parts.push('Required.');
  if ('default' in definition) parts.push(`Default: ${String(definition.default)}.`);
  return parts.join(' ').replaceAll('`', '');
}

/** A command line to copy, with the values that the reference has as examples. */
export function exampleOf(name: CommandName): string {
  const flags = commands[name].example.map((input) => {
    const { type, example } = definitionOf(input);
    return [input, type === 'boolean' ? true : example] as const;
  });
  return ourCommand(commandLineOf(name).join(' '), Object.fromEntries(flags));
}

/** What stands below the options of a command. */
export function epilogueOf(name: CommandName): string {
  // One option a line: a line that the terminal breaks cannot be read.
  const example = exampleOf(name).replaceAll(/ (?=--)/g, ' \\\n    ');
  const { outputs } = commands[name];
  const outputLines = outputs.length > 0 ? `\nOutputs: ${wrapped(outputs)}\n` : '';
  const page = pageUrl(`docs/reference.md#${commandLineOf(name).join('-')}`);
  return `\nExample:\n  ${example}\n${outputLines}${epilogue}\nMore about it: ${page}\n`;
}

/** Words with commas between them, in lines of the width of the text around them. */
function wrapped(words: readonly string[]): string {
  const lines = [''];
  for (const word of words.map((one, i) => (i < words.length - 1 ? `${one},` : one))) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (longer.length <= 70) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.join('\n  ');
}

/** What holds for all commands. */
export const epilogue = `
Every option can be an environment variable instead: --signing-key is
${environmentPrefix}SIGNING_KEY. An option wins.

A secret is never an argument, which other processes could read: set its variable,
or give a file, as @path, or standard input, as @-. What only says where a secret is
(a Key Vault URL, the path of a certificate) may be an argument.

Exit code: 0 done, 1 failed, 2 bad input, 130 stopped by Ctrl+C, 143 by SIGTERM.
`;
