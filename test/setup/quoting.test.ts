/** Whatever a word holds, the shell hands exactly that on: no character of it is the shell's. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBash } from '../../src/setup/bash.js';
import { toPowerShell } from '../../src/setup/powershell.js';
import { text, variable, type Section, type Word } from '../../src/setup/script.js';
import { seededRandom } from '../seeded-schedule.js';
import { readPowerShell } from './run-script.js';

/** What shells make something of, and what looks like it. */
const pieces = [
  ...Array.from(` '"\`$\\!*?[]{}()<>|&;#~%^=,@:+-./`),
  ...[
    '$(id)',
    '`id`',
    '${HOME}',
    '$HOME',
    "'$(id)'",
    '"; id; "',
    '%PATH%',
    '!!',
    '--name',
    '@(id)',
  ],
  ...[
    '$env:PATH',
    '"@',
    "'@",
    '\u2018',
    '\u2019',
    '\u201a',
    '\u201b',
    '\u201c',
    '\u201d',
    '\u201e',
    'ä',
  ],
  ...['END_OF_FILE', 'a', 'Z', '0', '_'],
];

function words(seed: number, count: number): readonly string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Array.from(
      { length: 1 + Math.floor(random() * 8) },
      () => pieces[Math.floor(random() * pieces.length)] ?? '',
    ).join(''),
  );
}

const samples = [...pieces, ...words(7, 150)];

/** Scripts in which each sample is a word, part of a word with a variable, and a line of a file. */
function sectionsWith(all: readonly string[]): readonly Section[] {
  return [
    {
      title: 'All of them.',
      statements: [
        { kind: 'set', variable: 'known', value: `it's "known" $HOME` },
        { kind: 'run', command: ['az', ...all] },
        {
          kind: 'run',
          command: ['az', ...all.map((word): Word => text`<${variable('known')}|${word}>`)],
        },
        ...all.flatMap((word) => [{ kind: 'comment', text: word } as const]),
        {
          kind: 'keep',
          file: 'plain.txt',
          text: lines(all)
            .map((line) => `${line}\n`)
            .join(''),
        },
        {
          kind: 'keep',
          file: 'filled.txt',
          text: lines(all).flatMap((line): readonly (string | ReturnType<typeof variable>)[] => [
            `- ${line} `,
            variable('known'),
            '\n',
          ]),
        },
      ],
    },
  ];
}

/** A line that ends a document is refused where it is made. */
const lines = (all: readonly string[]) =>
  all.filter((word) => word !== 'END_OF_FILE' && !/^["']@/.test(word));

const known = `it's "known" $HOME`;
const filled = (word: string) => `<${known}|${word}>`;

describe('a script for bash', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'setup-quoting-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('hands each word on as it is', () => {
    const script = toBash(['once'], sectionsWith(samples)).replace(
      'set -euo pipefail',
      `set -euo pipefail\naz() { printf '%s\\0' "$@"; }`,
    );
    writeFileSync(path.join(folder, 'script.sh'), script);
    execFileSync('bash', ['-n', 'script.sh'], { cwd: folder });
    const printed = execFileSync('bash', ['script.sh'], { cwd: folder, encoding: 'utf8' });
    expect(printed.split('\0').slice(0, -1)).toEqual([...samples, ...samples.map(filled)]);
    const file = (name: string) => readFileSync(path.join(folder, name), 'utf8');
    expect(file('plain.txt')).toBe(
      lines(samples)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expect(file('filled.txt')).toBe(
      lines(samples)
        .map((line) => `- ${line} ${known}\n`)
        .join(''),
    );
  });

  it('does not end a file early', () => {
    const statements = [{ kind: 'keep', file: 'a', text: 'x\nEND_OF_FILE\nrm -rf /\n' }] as const;
    expect(() => toBash([], [{ title: 't', statements }])).toThrow('invariant violated');
  });
});

describe('a script for PowerShell', () => {
  it('hands each word on as it is, by the rules of its quotes', () => {
    const { commands, files } = readPowerShell(toPowerShell(['once'], sectionsWith(samples)));
    expect(commands).toEqual([
      ['az', ...samples],
      ['az', ...samples.map(filled)],
    ]);
    expect(files).toEqual([
      lines(samples).join('\n'),
      lines(samples)
        .map((line) => `- ${line} ${known}`)
        .join('\n'),
    ]);
  });

  it('does not end a file early', () => {
    const statements = [{ kind: 'keep', file: 'a', text: `x\n'@; id\n` }] as const;
    expect(() => toPowerShell([], [{ title: 't', statements }])).toThrow('invariant violated');
  });
});
