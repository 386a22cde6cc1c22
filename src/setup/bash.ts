/** Scripts for bash, from version 3.2 on. */
import path from 'node:path';
import {
  comment,
  folder,
  hasKind,
  indented,
  keptNote,
  linesOf,
  partsOf,
  type Command,
  type Section,
  type Statement,
  type Word,
} from './script.js';

/** The script, with its last line end. */
export function toBash(introduction: readonly string[], sections: readonly Section[]): string {
  const hasFiles = sections.some(({ statements }) => hasKind(statements, 'write'));
  return [
    '#!/usr/bin/env bash',
    ...introduction.map(comment),
    'set -euo pipefail',
    `fail() { printf '%s\\n' "$1" >&2; exit 1; }`,
    ...(hasFiles ? [`${folder}="$(mktemp -d)"`, `trap 'rm -rf -- "$${folder}"' EXIT`] : []),
    ...linesOf(sections, lines),
    '',
  ].join('\n');
}

function lines(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'comment':
      return [comment(statement.text)];
    case 'set':
      return [`${statement.variable}=${quote(statement.value)}`];
    case 'run':
      return [commandLine(statement.command)];
    case 'capture':
      return [`${statement.variable}="$(${commandLine(statement.command)})"`];
    case 'capture output': {
      const { variable, command, output } = statement;
      const pattern = `s/.*"${output}": *"\\([0-9a-f]*\\)".*/\\1/p`;
      return [`${variable}="$(${commandLine(command)} | sed -n ${quote(pattern)})"`];
    }
    case 'require one': {
      const { variable, none, several } = statement;
      return [
        ...(none === undefined ? [] : [`[ -n "$${variable}" ] || fail ${quote(none)}`]),
        ...(several === undefined
          ? []
          : [`case "$${variable}" in *[[:space:]]*) fail ${quote(several)} ;; esac`]),
      ];
    }
    case 'if empty':
      return [
        `if [ -z "$${statement.variable}" ]; then`,
        ...indented(statement.body.flatMap(lines)),
        'fi',
      ];
    case 'require equal': {
      const { variable, value, message } = statement;
      return [`[ "$${variable}" = ${quote(value)} ] || fail ${quote(message)}`];
    }
    case 'wait':
      return [
        'tries=0',
        `until ${commandLine(statement.command)} 2>/dev/null; do`,
        '  tries=$((tries + 1))',
        `  [ "$tries" -lt 40 ] || fail ${quote(statement.message)}`,
        '  sleep 15',
        'done',
      ];
    case 'write':
      return [heredoc(`"$${folder}/${statement.file}"`, statement.text)];
    case 'keep': {
      const { file, text } = statement;
      const parent = path.posix.dirname(file);
      return [
        `if [ -e ${quote(file)} ]; then`,
        `  printf '%s\\n' ${quote(keptNote(file))} >&2`,
        'else',
        ...(parent === '.' ? [] : [`  mkdir -p ${quote(parent)}`]),
        `  ${heredoc(quote(file), text)}`,
        'fi',
      ];
    }
  }
}

function commandLine(command: Command): string {
  return command.map(wordOf).join(' ');
}

function wordOf(word: Word): string {
  const parts = partsOf(word);
  const [first = ''] = parts;
  if (parts.length === 1 && typeof first === 'string') return quote(first);
  return `"${parts.map((part) => (typeof part === 'string' ? part.replace(/[\\"$`]/g, '\\$&') : `\${${part.variable}}`)).join('')}"`;
}

function quote(text: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text)) return text;
  // Easier to read than single quotes within single quotes.
  if (text.includes("'") && !/[\\"$`!]/.test(text)) return `"${text}"`;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const end = 'END_OF_FILE';

function heredoc(file: string, text: Word): string {
  const parts = partsOf(text);
  const isPlain = parts.every((part) => typeof part === 'string');
  const content = parts.map((part) => {
    if (typeof part !== 'string') return `\${${part.variable}}`;
    return isPlain ? part : part.replace(/[\\$`]/g, '\\$&');
  });
  const document = content.join('').replace(/\n$/, '');
  if (document.split('\n').includes(end)) throw new TypeError('invariant violated: end of file');
  return `cat > ${file} <<${isPlain ? `'${end}'` : end}\n${document}\n${end}`;
}
