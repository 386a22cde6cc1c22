/**
 * Judges a line that begins with `az` as az itself would before it asks anybody: the command exists,
 * so do its options, each has what it takes, and none that it needs is missing. The commands are
 * those of the real az, recorded by test/fixtures/azure-cli/record.py.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgsStringToArgv } from 'string-argv';
import { root } from './pages.js';

type Options = Readonly<Record<string, string>>;

interface Option {
  readonly names: readonly string[];
  readonly kind: 'value' | 'list' | 'optional' | 'flag';
  readonly isRequired: boolean;
  readonly choices: readonly string[];
}

const { commands } = JSON.parse(
  readFileSync(path.join(root, 'test/fixtures/azure-cli/commands.json'), 'utf8'),
) as { readonly commands: Readonly<Record<string, Options>> };

/** Options of every command. */
const common: Options = {
  '--query': 'value',
  '--output -o': 'value json|jsonc|table|tsv|yaml|yamlc|none',
  '--subscription': 'value',
  '--only-show-errors': 'flag',
};

/** What az finds missing only when it runs: one of these has to be there. */
const alternatives: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^keyvault (?:key|secret|certificate) /, ['--vault-name', '--hsm-name', '--id']],
  [/^keyvault (?:show|set-policy|network-rule|update)/, ['--name', '-n', '--hsm-name']],
  [/^keyvault role assignment create/, ['--assignee', '--assignee-object-id']],
  [/^keyvault role assignment create/, ['--hsm-name', '--id']],
  [/^role assignment create/, ['--assignee', '--assignee-object-id']],
  [/^(?:acr|keyvault) network-rule add/, ['--ip-address', '--subnet']],
  [/^acr config content-trust/, ['--registry', '-r']],
];

/** The longest command that `words` begin with. */
function commandOf(words: readonly string[]): string | undefined {
  for (let count = words.length; count > 0; count--) {
    const name = words.slice(0, count).join(' ');
    if (Object.hasOwn(commands, name)) return name;
  }
  return undefined;
}

/** The command that a line names, or undefined where az has no such command. */
export function azCommand(line: string): string | undefined {
  return commandOf(wordsOf(line).slice(1));
}

function wordsOf(line: string): readonly string[] {
  // A placeholder may have blanks in it, and is one word.
  return parseArgsStringToArgv(line.replace(/<[^<>]*>/g, (name) => name.replace(/\s/g, '_')));
}

function readOption([names, described]: readonly [string, string]): Option {
  const [kind = '', choices = ''] = described.split(/ (.*)/s);
  return {
    names: names.split(' '),
    kind: kind.replace('!', '') as Option['kind'],
    isRequired: kind.endsWith('!'),
    choices: choices === '' ? [] : choices.split('|'),
  };
}

/** What az would complain about; nothing for a line that it would run. */
export function azProblems(line: string): readonly string[] {
  return azProblemsOf(wordsOf(line));
}

/** The same for the words of a line, az itself the first. */
export function azProblemsOf(words: readonly string[]): readonly string[] {
  const line = words.join(' ');
  if (words[0] !== 'az') return [`"${line}" does not begin with az`];
  const command = commandOf(words.slice(1));
  if (command === undefined) return [`az has no such command: ${line}`];
  const options = Object.entries({ ...commands[command], ...common }).map(readOption);
  const problems: string[] = [];
  const given = new Set<string>();
  let rest = words.slice(1 + command.split(' ').length);
  while (rest.length > 0) {
    const [name = '', ...after] = rest;
    const option = options.find(({ names }) => names.includes(name));
    const next = after.findIndex((word) => /^--?[a-z]/.test(word));
    const values = next < 0 ? after : after.slice(0, next);
    rest = after.slice(values.length);
    if (option === undefined) {
      problems.push(`az ${command} does not know "${name}"`);
      continue;
    }
    option.names.forEach((known) => given.add(known));
    const [fewest, most] = countOf(option.kind);
    if (values.length < fewest || values.length > most) {
      problems.push(`az ${command} ${name} is given ${values.length} words: ${values.join(' ')}`);
    }
    for (const value of values) {
      if (option.choices.length > 0 && !option.choices.includes(value)) {
        problems.push(`az ${command} ${name} does not take "${value}"`);
      }
    }
  }
  for (const { names, isRequired } of options) {
    if (isRequired && !names.some((known) => given.has(known))) {
      problems.push(`az ${command} needs ${names.join(' or ')}`);
    }
  }
  for (const [pattern, names] of alternatives) {
    if (pattern.test(command) && !names.some((name) => given.has(name))) {
      problems.push(`az ${command} needs one of ${names.join(', ')}`);
    }
  }
  return problems;
}

function countOf(kind: Option['kind']): readonly [number, number] {
  switch (kind) {
    case 'flag':
      return [0, 0];
    case 'optional':
      return [0, 1];
    case 'list':
      return [1, Infinity];
    case 'value':
      return [1, 1];
  }
}
