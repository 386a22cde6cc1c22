/** Scripts by which shells complete the command line, written from its commands and options. */
import type { Command, Option } from 'commander';
import { firstSentence } from '../../inputs/index.js';

/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof shells)[number];

/** What can follow the words of a command. */
interface Place {
  /** The words before, such as `keys init`; empty at the start. */
  readonly path: string;
  readonly commands: readonly Described[];
  readonly options: readonly (Described & { readonly choices: readonly string[] })[];
}

interface Described {
  readonly name: string;
  readonly help: string;
}

/**
 * The script of a shell, to be read by its start file.
 * @param program with the options of all commands.
 * @param choicesOf the values of an option, where only certain ones are allowed.
 */
export function completionScript(
  shell: Shell,
  program: Command,
  choicesOf: (option: string) => readonly string[],
): string {
  const places = placesOf(program, choicesOf);
  return `${writers[shell](program.name(), places).join('\n')}\n`;
}

function placesOf(
  program: Command,
  choicesOf: (option: string) => readonly string[],
): readonly Place[] {
  const place = (command: Command, words: readonly string[]): readonly Place[] => {
    const visible = command.createHelp().visibleCommands(command);
    const own: Place = {
      path: words.join(' '),
      commands: visible.map((one) => ({
        name: one.name(),
        help: hintOf(one.description()),
      })),
      options: command.createHelp().visibleOptions(command).flatMap(describedOption(choicesOf)),
    };
    const others = visible.filter((one) => one.name() !== 'help');
    return [own, ...others.flatMap((one) => place(one, [...words, one.name()]))];
  };
  return place(program, []);
}

function describedOption(choicesOf: (option: string) => readonly string[]) {
  return ({ long, description, required, optional }: Option): Place['options'] => {
    if (long === undefined) return [];
    const choices = required || optional ? choicesOf(long.slice(2)) : [];
    return [{ name: long, help: hintOf(description), choices }];
  };
}

/** As much of a help as a list has room for, of characters that no shell takes for its own. */
function hintOf(help: string): string {
  return firstSentence(help)
    .replace(/[^\p{L}\p{N} ,.;/@*+-]/gu, '')
    .slice(0, 90);
}

type Writer = (program: string, places: readonly Place[]) => readonly string[];

const names = (described: readonly Described[]): string =>
  described.map(({ name }) => name).join(' ');

const choicesIn = (places: readonly Place[]): ReadonlyMap<string, readonly string[]> =>
  new Map(
    places.flatMap(({ options }) =>
      options.flatMap(({ name, choices }) =>
        choices.length > 0 ? [[name, choices] as const] : [],
      ),
    ),
  );

/**
 * Finds the command that the words before the cursor name. The variable is no `path`: zsh keeps its own
 * list of folders in that.
 */
function walk(places: readonly Place[], loop: string, word: string): readonly string[] {
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [`"${path}"`]));
  return [
    `  for ((${loop}; i++)); do`,
    `    word="${word}"`,
    '    case "${place:+$place }$word" in',
    `      ${paths.join(' | ')}) place="\${place:+$place }$word" ;;`,
    '    esac',
    '  done',
  ];
}

/** bash: words of the command are found by walking over what is no option. */
const bash: Writer = (program, places) => [
  `# bash completion of ${program}`,
  '_acr_content_trust() {',
  '  local word place="" i cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"',
  '  COMPREPLY=()',
  '  case "$prev" in',
  ...[...choicesIn(places)].map(
    ([option, choices]) =>
      `    ${option}) COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$cur")); return ;;`,
  ),
  '  esac',
  ...walk(places, 'i = 1; i < COMP_CWORD', '${COMP_WORDS[i]}'),
  '  case "$place" in',
  ...places.map(
    ({ path, commands, options }) =>
      `    "${path}") COMPREPLY=($(compgen -W "${[names(commands), names(options)].filter(Boolean).join(' ')}" -- "$cur")) ;;`,
  ),
  '  esac',
  '}',
  `complete -o default -F _acr_content_trust ${program}`,
];

/** zsh: its own lists, so that each word has its help beside it. */
const zsh: Writer = (program, places) => [
  `#compdef ${program}`,
  '_acr_content_trust() {',
  '  local word place="" i',
  '  local -a found',
  '  case "${words[CURRENT-1]}" in',
  ...[...choicesIn(places)].map(
    ([option, choices]) => `    ${option}) compadd -- ${choices.join(' ')}; return ;;`,
  ),
  '  esac',
  ...walk(places, 'i = 2; i < CURRENT', '${words[i]}'),
  '  case "$place" in',
  ...places.map(({ path, commands, options }) => {
    const found = [...commands, ...options].map(({ name, help }) => `'${name}:${help}'`);
    return `    "${path}") found=(${found.join(' ')}) ;;`;
  }),
  '  esac',
  '  if [[ "${words[CURRENT]}" == -* ]] || (( ${#found} )); then _describe "word" found; fi',
  '  _files',
  '}',
  'if [ "$funcstack[1]" = "_acr_content_trust" ]; then _acr_content_trust "$@"; else compdef _acr_content_trust ' +
    `${program}; fi`,
];

/** fish: one line for each word, with the words that must stand before it. */
const fish: Writer = (program, places) => [
  `# fish completion of ${program}`,
  ...places.flatMap(({ path, commands, options }) => {
    const words = path.split(' ').filter(Boolean);
    const condition =
      words.length === 0
        ? '__fish_use_subcommand'
        : words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const others = commands.filter(({ name }) => name !== 'help');
    const isChosen =
      words.length === 1 && others.length > 0
        ? `${condition}; and not __fish_seen_subcommand_from ${names(others)}`
        : condition;
    return [
      ...commands.map(
        ({ name, help }) => `complete -c ${program} -n '${isChosen}' -f -a ${name} -d '${help}'`,
      ),
      ...options.map(
        ({ name, help, choices }) =>
          `complete -c ${program} -n '${isChosen}' -l ${name.slice(2)}${
            choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : ''
          } -d '${help}'`,
      ),
    ];
  }),
];

const powershell: Writer = (program, places) => [
  `# PowerShell completion of ${program}`,
  '$acrContentTrustWords = @{',
  ...places.map(
    ({ path, commands, options }) =>
      `  '${path}' = @(${[...commands, ...options].map(({ name }) => `'${name}'`).join(', ')})`,
  ),
  '}',
  '$acrContentTrustChoices = @{',
  ...[...choicesIn(places)].map(
    ([option, choices]) => `  '${option}' = @(${choices.map((one) => `'${one}'`).join(', ')})`,
  ),
  '}',
  `Register-ArgumentCompleter -Native -CommandName ${program} -ScriptBlock {`,
  '  param($wordToComplete, $commandAst, $cursorPosition)',
  '  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })',
  '  if ($wordToComplete -ne "" -and $words.Count -gt 0) { $words = @($words | Select-Object -SkipLast 1) }',
  '  $path = ""',
  '  foreach ($word in $words) {',
  '    $longer = "$path $word".Trim()',
  '    if ($acrContentTrustWords.ContainsKey($longer)) { $path = $longer }',
  '  }',
  '  $found = $acrContentTrustWords[$path]',
  '  if ($words.Count -gt 0 -and $acrContentTrustChoices.ContainsKey($words[-1])) { $found = $acrContentTrustChoices[$words[-1]] }',
  '  $found | Where-Object { $_ -like "$wordToComplete*" } |',
  '    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, "ParameterValue", $_) }',
  '}',
];

const writers: Readonly<Record<Shell, Writer>> = { bash, zsh, fish, powershell };
