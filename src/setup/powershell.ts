/** Scripts for PowerShell, from version 7.4 on: the first that stops at a program that fails. */
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
export function toPowerShell(
  introduction: readonly string[],
  sections: readonly Section[],
): string {
  const hasFiles = sections.some(({ statements }) => hasKind(statements, 'write'));
  const body = linesOf(sections, lines);
  return [
    '#Requires -Version 7.4',
    ...introduction.map(comment),
    'Set-StrictMode -Version Latest',
    `$ErrorActionPreference = 'Stop'`,
    '$PSNativeCommandUseErrorActionPreference = $true',
    ...(hasFiles
      ? [
          `$${folder} = (New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid()))).FullName`,
          'try {',
          ...indented(body),
          '} finally {',
          `  Remove-Item -LiteralPath $${folder} -Recurse -Force`,
          '}',
        ]
      : body),
    '',
  ].join('\n');
}

function lines(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'comment':
      return [comment(statement.text)];
    case 'set':
      return [`$${statement.variable} = ${quote(statement.value)}`];
    case 'run':
      return [commandLine(statement.command)];
    case 'capture':
      // As one text, whatever number of lines there are: none gives an empty one.
      return [`$${statement.variable} = @(${commandLine(statement.command)}) -join "\`n"`];
    case 'capture output': {
      const { variable, command, output } = statement;
      const pattern = `"${output}": *"([0-9a-f]*)"`;
      return [
        `$${variable} = [regex]::Match((${commandLine(command)}), ${quote(pattern)}).Groups[1].Value`,
      ];
    }
    case 'require one': {
      const { variable, none, several } = statement;
      return [
        ...(none === undefined ? [] : [`if ($${variable} -eq '') { throw ${quote(none)} }`]),
        ...(several === undefined
          ? []
          : [`if ($${variable} -match '\\s') { throw ${quote(several)} }`]),
      ];
    }
    case 'if empty':
      return [
        `if ($${statement.variable} -eq '') {`,
        ...indented(statement.body.flatMap(lines)),
        '}',
      ];
    case 'require equal': {
      const { variable, value, message } = statement;
      return [`if ($${variable} -ne ${quote(value)}) { throw ${quote(message)} }`];
    }
    case 'wait':
      return [
        '$tries = 0',
        'while ($true) {',
        '  try {',
        `    ${commandLine(statement.command)} 2>$null`,
        '    break',
        '  } catch {',
        '    $tries += 1',
        `    if ($tries -ge 40) { throw ${quote(statement.message)} }`,
        '    Start-Sleep -Seconds 15',
        '  }',
        '}',
      ];
    case 'write':
      return [setContent(`"$${folder}/${statement.file}"`, statement.text)];
    case 'keep': {
      const { file, text } = statement;
      const parent = path.posix.dirname(file);
      return [
        `if (Test-Path -LiteralPath ${quote(file)}) {`,
        `  Write-Warning ${quote(keptNote(file))}`,
        '} else {',
        ...(parent === '.'
          ? []
          : [`  New-Item -ItemType Directory -Force -Path ${quote(parent)} | Out-Null`]),
        `  ${setContent(quote(file), text)}`,
        '}',
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
  if (parts.length === 1 && typeof first === 'string') {
    return /^(?:--)?[a-z][a-z-]*$/i.test(first) ? first : quote(first);
  }
  return `"${parts.map((part) => (typeof part === 'string' ? escaped(part) : `\${${part.variable}}`)).join('')}"`;
}

/** Within double quotes, of which PowerShell knows four. */
function escaped(text: string): string {
  return text.replace(/[`$"\u201c\u201d\u201e]/g, '`$&');
}

/** Within single quotes, of which PowerShell knows five. */
function quote(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

function setContent(file: string, text: Word): string {
  const parts = partsOf(text);
  const isPlain = parts.every((part) => typeof part === 'string');
  const content = parts.map((part) => {
    if (typeof part !== 'string') return `\${${part.variable}}`;
    return isPlain ? part : part.replace(/[`$]/g, '`$&');
  });
  const document = content.join('').replace(/\n$/, '');
  if (/^["']@/m.test(document)) throw new TypeError('invariant violated: end of text');
  const mark = isPlain ? "'" : '"';
  return `Set-Content -LiteralPath ${file} -Value @${mark}\n${document}\n${mark}@`;
}
