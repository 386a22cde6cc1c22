/**
 * Runs scripts of `setup` as they are: those for bash in bash, with an az and an acr-content-trust on the
 * PATH that note their words; those for PowerShell, which is not here, by what they mean to it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The words of a command, the program first. */
export type Argv = readonly string[];

/** What a script did. */
export interface ScriptRun {
  readonly commands: readonly Argv[];
  /** What it wrote to files that `az` was given with `@`, in the order of use. */
  readonly contents: readonly string[];
  /** A file of the folder that it ran in. */
  readonly file: (name: string) => string;
  readonly remove: () => void;
}

/** Azure, in which nothing is there, or all. */
export type World = 'nothing' | 'everything';

/** What the programs say: as few words of shell as of TypeScript below. */
const program = String.raw`#!/usr/bin/env bash
set -u
{ printf '%s\x1f' "$(basename "$0")" "$@"; printf '\x1e'; } >> "$NOTES"
for word in "$@"; do
  case "$word" in @/*) cat "\${word#@}" >> "$CONTENTS"; printf '\x1e' >> "$CONTENTS" ;; esac
done
all="$(basename "$0") $*"
case "$all" in
  "acr-content-trust "*) echo '{"keyId":"aa","rootKeyId":"00112233"}' ;;
  "az acr list"*) echo /registries/contoso ;;
  "az cloud show"*) echo "$CLOUD" ;;
  "az keyvault show"*) echo true ;;
  "az resource show"*roleAssignmentMode*) echo false ;;
  "az rest --method get"*_apis/projects*) echo project ;;
  "az rest --method get"*FederationIssuer*) echo https://issuer ;;
  "az rest --method get"*FederationSubject*) echo /sc/connection ;;
  "az rest --method get"* | "az "*" list"*) if [ "$WORLD" = everything ]; then echo found; fi ;;
  *) echo "$2-$3" ;;
esac
`.replaceAll('\\${', '${');

function answerOf(argv: Argv, cloud: string): string {
  const all = argv.join(' ');
  if (argv[0] === 'acr-content-trust') return '00112233';
  if (all.startsWith('az acr list')) return '/registries/contoso';
  if (all.startsWith('az cloud show')) return cloud;
  if (all.startsWith('az keyvault show')) return 'true';
  if (all.includes('roleAssignmentMode')) return 'false';
  if (all.startsWith('az rest --method get')) {
    if (all.includes('_apis/projects')) return 'project';
    if (all.includes('FederationIssuer')) return 'https://issuer';
    return all.includes('FederationSubject') ? '/sc/connection' : '';
  }
  return /^az .* list/.test(all) ? '' : `${argv[2] ?? ''}-${argv[3] ?? ''}`;
}

/** Runs a script for bash in a new folder. */
export function runBash(script: string, world: World, cloud = 'AzureCloud'): ScriptRun {
  const root = mkdtempSync(path.join(tmpdir(), 'setup-script-'));
  const at = (name: string): string => path.join(root, name);
  for (const name of ['bin', 'work']) mkdirSync(at(name));
  for (const name of ['az', 'acr-content-trust']) {
    writeFileSync(at(`bin/${name}`), program);
    chmodSync(at(`bin/${name}`), 0o755);
  }
  for (const name of ['notes', 'contents']) writeFileSync(at(name), '');
  writeFileSync(at('setup.sh'), script);
  execFileSync('bash', ['-n', at('setup.sh')]);
  execFileSync('bash', [at('setup.sh')], {
    cwd: at('work'),
    env: {
      PATH: `${at('bin')}:${process.env.PATH ?? ''}`,
      NOTES: at('notes'),
      CONTENTS: at('contents'),
      WORLD: world,
      CLOUD: cloud,
      TMPDIR: root,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const records = (name: string): readonly string[] =>
    readFileSync(at(name), 'utf8').split('\x1e').slice(0, -1);
  return {
    commands: records('notes').map((record) => record.split('\x1f').slice(0, -1)),
    contents: records('contents'),
    file: (name) => readFileSync(at(`work/${name}`), 'utf8'),
    remove: () => {
      rmSync(root, { recursive: true });
    },
  };
}

/**
 * The commands of a script for PowerShell where nothing is there, and the texts of its files. Reads its
 * words by PowerShell's own rules: single quotes, of which it knows five and in which two stand for one; double quotes with variables,
 * in which a backtick escapes; anything else up to a blank.
 */
export function readPowerShell(
  script: string,
  cloud = 'AzureCloud',
): { readonly commands: readonly Argv[]; readonly files: readonly string[] } {
  const values = new Map<string, string>([['folder', '/folder']]);
  const commands: Argv[] = [];
  const files: string[] = [];
  const expand = (text: string): string =>
    text.replace(
      /`(.)|\$\{(\w+)\}/gs,
      (_, escaped: string | undefined, name: string | undefined) => {
        if (escaped !== undefined) return escaped;
        const value = values.get(name ?? '');
        if (value === undefined) throw new Error(`$${name ?? ''} has no value yet`);
        return value;
      },
    );
  const text = script.replace(/@(['"])\n(.*?)\n\1@/gs, (_, mark: string, content: string) => {
    files.push(`${mark}${content}`);
    return `'file ${files.length - 1}'`;
  });
  const used: string[] = [];
  for (const line of text.split('\n')) {
    const literal = /^\s*\$(\w+) = '((?:[^']|'')*)'$/.exec(line);
    if (literal) values.set(literal[1] ?? '', (literal[2] ?? '').replaceAll("''", "'"));
    const content = /Set-Content .* -Value 'file (\d+)'$/.exec(line);
    const raw = files[Number(content?.[1])];
    if (raw !== undefined) used.push(raw.startsWith("'") ? raw.slice(1) : expand(raw.slice(1)));
    const found = /^(?:\s*|.*[@(]\()((?:az|acr-content-trust) .*)$/.exec(line);
    if (!found || line.trimStart().startsWith('#') || line.includes('throw')) continue;
    const argv: string[] = [];
    const word =
      /\s*(?:'((?:[^'\u2018-\u201b]|['\u2018-\u201b]{2})*)'|"((?:`.|[^"`\u201c-\u201e])*)"|([^\s'"()]+))/y;
    for (let match = word.exec(found[1] ?? ''); match; match = word.exec(found[1] ?? '')) {
      const [, single, double, bare] = match;
      if (bare === '2>$null') break;
      argv.push(
        single?.replace(/(['\u2018-\u201b])['\u2018-\u201b]/g, '$1') ??
          (double === undefined ? (bare ?? '') : expand(double)),
      );
    }
    commands.push(argv);
    const name = /^\s*\$(\w+) = /.exec(line)?.[1];
    if (name !== undefined) values.set(name, answerOf(argv, cloud));
  }
  return { commands, files: used };
}
