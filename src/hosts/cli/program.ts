/** The command line's commands and options, from the table of inputs. Runs nothing. */
import { Argument, Option, type Command } from 'commander';
import {
  commandGroups,
  commandLineOf,
  firstSentence,
  inputGroups,
  placeOf,
  type CommandGroup,
} from '../../inputs/index.js';
import {
  commandNames,
  commands,
  definitionOf,
  inputNames,
  inputsOf,
  type CommandName,
} from '../../commands/index.js';
import { pageUrl, version } from '../../version.js';
import { completionScript, shells, type Shell } from './completion.js';
import { commandWithHelp, describeOption, epilogue, epilogueOf } from './help.js';

/** What was asked for. */
export interface Invocation {
  readonly command: CommandName;
  /** The former name that it was asked for by. */
  readonly formerName?: string;
  readonly options: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly debug: boolean;
  readonly summaryFile: string | undefined;
}

/**
 * Gives the program; `start` is called with what was asked for, unless that was help. Where `args` name a
 * command, the others are left out: no one will see them.
 */
export function createProgram(
  start: (invocation: Invocation) => Promise<void>,
  args?: readonly string[],
  print: (text: string) => void = (text) => void process.stdout.write(text),
): Command {
  const program = commandWithHelp('acr-content-trust')
    .description(
      'Builds, pushes, signs and verifies container images in Azure Container Registry, with keys in Azure Key Vault: for Docker Content Trust, for Notary Project, or for both.',
    )
    .version(version, '-v, --version', 'Prints the version.')
    .helpCommand('help [command]', 'Prints the help of a command.')
    .addHelpText('after', `${epilogue}\nStart here: ${pageUrl('docs/getting-started.md')}\n`);
  const isShort = args?.includes('-h') ?? false;
  const groups = new Map(commandGroups.map((group) => [group, createGroup(group)]));
  const all = commandNames.flatMap((name) =>
    [name, ...(commands[name].formerNames ?? [])].map((asked) => ({ name, asked })),
  );
  const named = all.filter(({ asked }) => args !== undefined && isAskedFor(asked, args));
  for (const { name, asked } of named.length > 0 ? named : all) {
    const { group } = placeOf(asked);
    const command = createCommand(name, asked, inputsOf('cli', name), isShort, start);
    (group === undefined ? program : groups.get(group))?.addCommand(command, {
      hidden: asked !== name,
    });
  }
  for (const command of groups.values()) program.addCommand(command);
  program.addCommand(versionCommand(print)).addCommand(completionCommand(print));
  return program;
}

/** `help keys init` and `keys help init` as `keys init --help`, which has one way to be answered. */
export function helpAsOption(args: readonly string[]): readonly string[] {
  const [first = '', second = ''] = args;
  const at = commandGroups.some((group) => group === first) && second === 'help' ? 1 : 0;
  if (args[at] !== 'help') return args;
  const words = [...args.slice(0, at), ...args.slice(at + 1)].filter((word) => word !== 'help');
  return words.some(isHelpOption) ? words : [...words, '--help'];
}

/** The arguments without `--help` where no command has their words: what is not known has no help. */
export function withoutHelpOfUnknown(program: Command, args: readonly string[]): readonly string[] {
  let command = program;
  for (const word of args) {
    if (isHelpOption(word)) continue;
    if (word.startsWith('-') || command.commands.length === 0) return args;
    const next = command.commands.find((sub) => [sub.name(), ...sub.aliases()].includes(word));
    if (next === undefined) return args.filter((other) => !isHelpOption(other));
    command = next;
  }
  return args;
}

function isHelpOption(word: string): boolean {
  return word === '-h' || word === '--help';
}

/** Whether these arguments are for that command: they begin with its words, or its name. */
function isAskedFor(command: string, args: readonly string[]): boolean {
  const words = commandLineOf(command);
  return args[0] === command || words.every((word, index) => args[index] === word);
}

function versionCommand(print: (text: string) => void): Command {
  return commandWithHelp('version')
    .description('Prints the version, and that of Node.js and the machine.')
    .option('--json', 'Prints them as JSON.')
    .action(({ json }: { readonly json?: boolean }) => {
      const { versions, platform, arch } = process;
      const facts = { formatVersion: 1, version, node: versions.node, platform, arch };
      print(
        json === true
          ? `${JSON.stringify(facts)}\n`
          : `acr-content-trust ${version} (Node.js ${versions.node}, ${platform} ${arch})\n`,
      );
    });
}

function completionCommand(print: (text: string) => void): Command {
  return commandWithHelp('completion')
    .description('Prints the script by which a shell completes commands and options.')
    .addArgument(new Argument('<shell>', 'Which shell.').choices(shells))
    .addHelpText('after', completionHelp)
    .action((shell: Shell) => {
      const whole = createProgram(() => Promise.resolve());
      print(completionScript(shell, whole, choicesOf));
    });
}

const completionHelp = `
Examples:
  bash, in ~/.bashrc:            source <(acr-content-trust completion bash)
  zsh, in ~/.zshrc:              source <(acr-content-trust completion zsh)
  fish, in its config.fish:      acr-content-trust completion fish | source
  PowerShell, in its $PROFILE:   acr-content-trust completion powershell | Out-String | Invoke-Expression
`;

/** The values of an option, where only certain ones are allowed. */
function choicesOf(option: string): readonly string[] {
  const definition = inputNames.includes(option) ? definitionOf(option) : undefined;
  if (definition?.type === 'choice') return Object.keys(definition.choices);
  return definition?.type === 'boolean' ? ['true', 'false'] : [];
}

/** What the commands of a group are about. */
const groupHelp: Readonly<Record<CommandGroup, string>> = {
  keys: 'Creates, imports, backs up, rotates and renews signing keys.',
  signers: 'Lists, adds and removes the signers of repositories.',
  trust: 'Deletes the trust data of repositories.',
};

function createGroup(group: CommandGroup): Command {
  return commandWithHelp(group)
    .description(groupHelp[group])
    .helpCommand('help [command]', 'Prints the help of a command.');
}

/** The command `name` with inputs `names`, by the name that it is `asked` for: its own, or a former one. */
function createCommand(
  name: CommandName,
  asked: string,
  names: readonly string[],
  isShort: boolean,
  start: (invocation: Invocation) => Promise<void>,
): Command {
  const { group, verb } = placeOf(asked);
  const { help } = commands[name];
  const command = commandWithHelp(verb, isShort ? 'beside' : 'below')
    .summary(firstSentence(help).replaceAll('`', ''))
    .description(help.replaceAll('`', ''))
    .addHelpText('after', () => epilogueOf(name));
  const { argument } = commands[name];
  if (argument !== undefined) {
    command.argument(`[${argument}...]`, `The same as --${argument}.`);
  }
  if (group === undefined && verb !== asked) command.alias(asked);
  for (const input of names) command.addOption(optionOf(input, name, isShort));
  command
    .addOption(
      new Option(
        '--json',
        'Prints the outputs as JSON on standard output, all else on standard error.',
      ).helpGroup('Output:'),
    )
    .addOption(
      new Option('--summary-file <path>', 'Adds the summary, in Markdown, to a file.').helpGroup(
        'Output:',
      ),
    )
    .addOption(
      new Option('--debug', 'Prints debug messages and the causes of errors.').helpGroup('Output:'),
    );
  return command.action(async () => {
    const options = new Map<string, string>();
    const given = command.opts<Record<string, unknown>>();
    for (const input of names) {
      const value = given[attributeOf(input)];
      if (typeof value === 'string') options.set(input, value);
    }
    if (argument !== undefined && command.args.length > 0) {
      const before = command.getOptionValueSource(attributeOf(argument)) === 'cli';
      const others = before ? [options.get(argument) ?? ''] : [];
      options.set(argument, [...command.args, ...others].join('\n'));
    }
    await start({
      command: name,
      ...(asked !== name && { formerName: asked }),
      options,
      json: given.json === true,
      debug: given.debug === true,
      summaryFile: typeof given.summaryFile === 'string' ? given.summaryFile : undefined,
    });
  });
}

function optionOf(name: string, command: CommandName, isShort: boolean): Option {
  const definition = definitionOf(name);
  const option = new Option(
    `--${name} ${placeholderOf(name)}`,
    describeOption(name, command, isShort),
  ).helpGroup(`${inputGroups[definition.group]}:`);
  // "no-cache" is a name here, not the denial of an option "cache".
  option.negate = false;
  if (definition.type === 'boolean') option.preset('true');
  if (definition.type === 'list' || definition.type === 'lines') {
    option.argParser((value: string, before: string | undefined) =>
      before === undefined ? value : `${before}\n${value}`,
    );
  }
  return option;
}

/** commander's own spelling of the attribute that holds an option. */
function attributeOf(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function placeholderOf(name: string): string {
  const definition = definitionOf(name);
  if (definition.type === 'boolean') return '[boolean]';
  if (!definition.secret) return '<value>';
  return `<${['@file', ...(definition.references ?? [])].join('|')}>`;
}
