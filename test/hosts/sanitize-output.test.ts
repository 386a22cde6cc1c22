import { describe, expect, it } from 'vitest';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import {
  LineSplitter,
  longestLine,
  sanitizeLines,
  sanitizeText,
} from '../../src/hosts/sanitize-output.js';
import { processorSeconds } from '../processor-time.js';

const none = new SecretMasker();
const esc = '\u001b';

/** What a runner would take for a command, written independently of the product's rules. */
function isCommand(line: string): boolean {
  const plain = line
    .replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .split(esc)
    .map((part, index) => (index === 0 ? part : part.replace(/^\[[0-9;]*m/, '')))
    .join('');
  return /##vso\[/i.test(plain) || plain.includes('##[') || plain.trimStart().startsWith('::');
}

describe('what a host would take for a command', () => {
  it.each([
    ['##vso[task.setvariable variable=a]b', '##vso [task.setvariable variable=a]b'],
    [
      'STEP 4: ##VSO[task.complete result=Succeeded;]',
      'STEP 4: ##VSO [task.complete result=Succeeded;]',
    ],
    ['####vso[task.debug]x', '####vso [task.debug]x'],
    ['##[error]not really', '## [error]not really'],
    ['a ###[group]b', 'a ### [group]b'],
    ['##vso[a]##vso[b]', '##vso [a]##vso [b]'],
    ['::set-output name=a::b', ': :set-output name=a::b'],
    ['  ::error::x', '  : :error::x'],
    ['\t::error::x', '\t: :error::x'],
    ['\u00a0::error::x', '\u00a0: :error::x'],
    ['::stop-commands::token', ': :stop-commands::token'],
    ['::', ': :'],
    [`${esc}[31m::error::x`, `${esc}[31m: :error::x`],
    [`##${esc}[0mvso[task.debug]`, `##${esc}[0mvso [task.debug]`],
    ['#\u200d#[error]x', '#\u200d# [error]x'],
    [':\u00ad:error::x', ':\u00ad :error::x'],
    ['\ufeff::error::x', '\ufeff: :error::x'],
  ])('is broken up: %j', (line, safe) => {
    expect(sanitizeLines(line, none)).toEqual([safe]);
    expect(isCommand(safe)).toBe(false);
  });

  it.each([
    ['first\r::error::x', ['first', ': :error::x']],
    ['first\n##[error]x', ['first', '## [error]x']],
    ['first\r\n::x::', ['first', ': :x::']],
  ])('is found behind every end of line: %j', (text, lines) => {
    expect(sanitizeLines(text, none)).toEqual(lines);
  });

  it('does not arise from taking control characters away', () => {
    for (const between of [
      '\0',
      '\b',
      `${esc}[2K`,
      `${esc}]0;title\u0007`,
      `${esc}c`.slice(0, 1),
    ]) {
      const [line] = sanitizeLines(`##${between}vso[task.debug]x`, none);
      expect(line).toBe('##vso [task.debug]x');
    }
  });

  it('is broken up in titles, which stay one line', () => {
    expect(sanitizeText('a\n::error::b\r##[c]', none)).toBe('a ::error::b ## [c]');
    expect(isCommand(sanitizeText('a\n::error::b', none))).toBe(false);
  });
});

describe('a line made to keep the search busy', () => {
  it.each(['\ufeff', '\u200d', `${esc}[0m`, '#\u200d', ':\u200d', ' '])(
    'takes no long time: %j',
    (piece) => {
      const line = `${piece.repeat(10_000)}x`;
      expect(processorSeconds(() => sanitizeLines(line, none))).toBeLessThan(2);
    },
  );
});

describe('harmless text', () => {
  it.each([
    'Step 1/3 : FROM busybox',
    '#5 [2/3] RUN echo a::b',
    'std::vector ::name',
    '# heading [link]',
    `${esc}[32mgreen${esc}[0m`,
    'grüße 日本 🚀',
    '##vsomething',
    'a\tb',
    '',
  ])('is left as it is: %j', (line) => {
    expect(sanitizeLines(line, none)).toEqual([line]);
  });

  it('loses what would move the cursor or set a title', () => {
    expect(sanitizeLines(`a${esc}[2K${esc}[1Ab${esc}]0;x\u0007c`, none)).toEqual(['abc']);
  });
});

describe('a stream of chunks', () => {
  const text = 'grüße ##vso[a]b\r\n::error::日本\rlast 🚀';
  const expected = ['grüße ##vso[a]b', '::error::日本', 'last 🚀'];

  it('gives the same lines wherever it is cut', () => {
    const bytes = Buffer.from(text, 'utf8');
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const lines: string[] = [];
        const splitter = new LineSplitter((line) => {
          lines.push(line);
        });
        splitter.push(bytes.subarray(0, first));
        splitter.push(bytes.subarray(first, second));
        splitter.push(bytes.subarray(second));
        splitter.end();
        expect(lines).toEqual(expected);
      }
    }
  });

  it('breaks a line without an end, and no piece of it is a command', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => {
      lines.push(line);
    });
    splitter.push(Buffer.from(`${'x'.repeat(longestLine - 3)}##vso[task.debug]`));
    splitter.end();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.map((line) => sanitizeText(line, none)).some(isCommand)).toBe(false);
  });
});
