import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeJson } from '../../src/hosts/sanitize-documents.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';

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
