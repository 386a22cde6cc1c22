import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeJson, sanitizeMarkdown } from '../../src/hosts/sanitize-documents.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import { limits } from '../../src/limits.js';

const none = new SecretMasker();
const attacks = [
  '##vso[task.setvariable variable=PATH]/tmp/evil',
  'a ##[error]b',
  '::add-path::/tmp/evil',
  '\n::set-env name=A::b',
  '\r::stop-commands::x',
  '\u2028::error::x',
  '#\u200d#\ufeffvso[task.complete]',
  '\u001b[2J\u009b31m',
  'a\u202eb',
];

/** What a host could take for a command, or a terminal for one, in a line. */
function isHarmful(line: string): boolean {
  return (
    /##|^\s*::/.test(line.replace(/\p{Default_Ignorable_Code_Point}/gu, '')) ||
    // eslint-disable-next-line no-control-regex -- that is what it looks for
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)
  );
}

describe('a JSON document', () => {
  it.each(attacks)('with %j in it commands nothing, and is the same once parsed', (text) => {
    for (const indent of [0, 2, 4]) {
      const document = { text, list: [text, [text]], [text]: 1 };
      const json = sanitizeJson(document, indent, none);
      expect(json.split(/\r\n|\r|\n|\u2028|\u2029|\u0085/).filter(isHarmful)).toEqual([]);
      expect(JSON.parse(json)).toEqual(document);
    }
  });

  it('is the same once parsed, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const document = { value };
        expect(JSON.parse(sanitizeJson(document, 2, none))).toEqual(
          JSON.parse(JSON.stringify(document)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    'pass"word',
    'back\\slash',
    'a<b>&c',
    'line\nend',
    'größe-geheim',
    'true',
    'null',
    '",',
  ])('stays one without the secret %j', (secret) => {
    const masker = new SecretMasker();
    masker.add(secret);
    const document = { error: `the server said "${secret}"`, done: true, none: null, size: 1 };
    const json = sanitizeJson(document, 2, masker);
    const parsed = JSON.parse(json) as typeof document;
    if (secret.length >= 4) expect(parsed.error).toBe('the server said "***"');
    expect(parsed).toMatchObject({ done: true, none: null, size: 1 });
  });
});

describe('Markdown', () => {
  it.each(attacks)('with %j in it commands nothing', (text) => {
    const lines = sanitizeMarkdown(`### Title\n\n${text}`, none).split('\n');
    expect(lines.filter((line) => /##(vso)?\[|^\s*::/.test(line))).toEqual([]);
  });

  it('that is short is left as it is', () => {
    const markdown =
      '### Title\n\n| a | b |\n| --- | --- |\n| `x` | y |\n\n```mermaid\nA --> B\n```\n';
    expect(sanitizeMarkdown(markdown, none)).toBe(markdown);
  });

  it('of any size fits into what hosts take, and says what is left out', () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `| ${row} | größer als ein Byte |`);
    const markdown = sanitizeMarkdown(['| a | b |', '| --- | --- |', ...rows].join('\n'), none);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    const last = markdown.split('\n').at(-1) ?? '';
    const kept = markdown.split('\n').length - 2;
    expect(last).toBe(`... and ${rows.length + 2 - kept} more lines, see the trust report`);
  });

  it('that is cut in a drawing ends the drawing', () => {
    const edges = Array.from({ length: 80_000 }, (_, edge) => `  a${edge} --> b${edge}`);
    const markdown = sanitizeMarkdown(['```mermaid', ...edges, '```'].join('\n'), none);
    expect(markdown.match(/^```/gm)).toHaveLength(2);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
  });

  it('of one endless line is cut', () => {
    const markdown = sanitizeMarkdown('ü'.repeat(limits.summaryBytes), none);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(markdown.endsWith('ü…')).toBe(true);
  });
});
