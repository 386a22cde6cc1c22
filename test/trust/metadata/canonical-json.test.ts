import { canonicalize } from '@tufjs/canonical-json';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  MetadataError,
  readJson,
  type JsonValue,
} from '../../../src/trust/metadata/index.js';
import { readSignedJson } from '../../../src/trust/metadata/json-text.js';
import { readFixture } from './notary-fixtures.js';

interface Vector {
  readonly name: string;
  readonly input_b64: string;
  readonly go_canonical_b64?: string;
  readonly go_error?: string;
}

const vectors = readFixture('canonical-json/vectors.json') as readonly Vector[];

/** Where we refuse what docker/go turns into something else than what was written. */
const refused: Readonly<Record<string, RegExp>> = {
  'float-1.5': /not an integer|not written as an integer/,
  'int-2^53+1': /not an integer within/,
  'int-2^63-1': /not an integer within/,
  'exp-1e21': /not an integer within/,
  'exp-1E400': /not an integer within/,
  'invalid-utf8': /not valid UTF-8/,
  'duplicate-keys': /appears twice/,
};

/** Where @tufjs/canonical-json 2.0.0 prints other bytes than docker/go. */
const differsFromTufjs = ['key-order-astral-vs-bmp-high'];

function parse(bytes: Buffer): JsonValue {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue;
}

describe('canonical JSON', () => {
  it.each(vectors.filter(({ name }) => !(name in refused)))(
    'prints $name as docker/go does',
    ({ input_b64, go_canonical_b64 }) => {
      const printed = canonicalJson(parse(Buffer.from(input_b64, 'base64')));
      expect(printed.toString('base64')).toBe(go_canonical_b64);
    },
  );

  it.each(vectors.filter(({ name }) => name in refused))('refuses $name', ({ name, input_b64 }) => {
    const bytes = Buffer.from(input_b64, 'base64');
    const read = (): Buffer =>
      canonicalJson(/^(exp|int)/.test(name) ? parse(bytes) : readJson(bytes));
    expect(read).toThrow(MetadataError);
    expect(read).toThrow(refused[name]);
  });

  it('differs from @tufjs/canonical-json in the known vectors only', () => {
    for (const { name, input_b64 } of vectors.filter((vector) => !(vector.name in refused))) {
      const value = parse(Buffer.from(input_b64, 'base64'));
      const isSame = canonicalJson(value).equals(Buffer.from(canonicalize(value)));
      expect([name, isSame]).toEqual([name, !differsFromTufjs.includes(name)]);
    }
  });

  const text = fc.string({
    unit: fc.constantFrom('a', 'é', '"', '\\', '<', '\u2028', '\u0001', '_'),
  });
  const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      text,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  }));

  // One character of each length in UTF-8, and those whose UTF-16 order differs from it.
  const wideText = fc.string({
    unit: fc.constantFrom('a', 'Z', '_', 'é', '€', '\uD7FF', '\uE000', '\uFFFD', '😀', '𐀀'),
  });

  it('agrees with @tufjs/canonical-json on everything below the astral planes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(canonicalJson(value).toString()).toBe(canonicalize(value));
      }),
    );
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(wideText, fc.integer()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toEqual(canonicalJson(object));
      }),
    );
  });

  it('orders keys by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(wideText), (names) => {
        const object = Object.fromEntries(names.map((name) => [name, 0]));
        const printed = Object.keys(
          JSON.parse(
            canonicalJson(object)
              .toString()
              .replace(/\p{Cc}/gu, '?'),
          ) as object,
        );
        const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        // Digits-only keys are reordered by JavaScript itself when it parses; leave them out.
        const rest = (list: string[]): string[] => list.filter((name) => !/^\d+$/.test(name));
        expect(rest(printed)).toEqual(rest(sorted));
      }),
    );
  });

  it('refuses values nested too deeply instead of overflowing', () => {
    let deep: JsonValue = 0;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(() => canonicalJson(deep)).toThrow(/nests deeper/);
    const text = Buffer.from('['.repeat(100_000) + ']'.repeat(100_000));
    expect(() => readJson(text)).toThrow(/nests deeper|not valid JSON/);
  });
});

describe('reading JSON', () => {
  it.each([
    ['{"a":{"b":1,"b":2}}', /the key "b" appears twice/],
    ['{"a":1,"\\u0061":2}', /the key "a" appears twice/],
    ['[{"x":{},"y":[],"x":0}]', /the key "x" appears twice/],
    ['{"\\ud800":1}', /lone surrogate/],
    ['{"a":1.0}', /not written as an integer/],
    ['{"a":[1,2e3]}', /not written as an integer/],
    ['\uFEFF{}', /not valid JSON/],
    ['{} x', /not valid JSON/],
    ['', /not valid JSON/],
  ])('refuses %s', (text, rule) => {
    expect(() => readJson(Buffer.from(text))).toThrow(rule);
    expect(() => readJson(Buffer.from(text))).toThrow(MetadataError);
  });

  it('is not confused by quotes, colons and braces in strings', () => {
    const value = { 'a":{"': '},"a":1e5:[', b: ['\\', '\\"', ':'], c: { 'a":{"': true } };
    expect(readJson(Buffer.from(JSON.stringify(value)))).toEqual(value);
  });

  it('reads whatever JSON.stringify writes of integers', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        // fast-check also makes fractions; those are refused and tested above.
        fc.pre(!/\d[.eE]/.test(text.replace(/"(?:[^"\\]|\\.)*"/g, '')));
        expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('copes with megabytes of one string or number', () => {
    const long = `{"a":"${'x'.repeat(20_000_000)}"}`;
    expect(() => readJson(Buffer.from(long))).not.toThrow();
    expect(() => canonicalJson(readJson(Buffer.from('9'.repeat(1_000_000))))).toThrow(
      MetadataError,
    );
  });
});

describe('a document that is canonical as it stands', () => {
  it('has the bytes in it that would be printed of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = JSON.stringify(value);
        // Control characters stand as they are in canonical JSON, and not in JSON.
        fc.pre(!/\\[bfnrtu]|\d{16}|\d[.eE]/.test(written));
        const form = canonicalJson(value as JsonValue).toString();
        for (const signed of [form, written]) {
          const { canonical } = readSignedJson(Buffer.from(`{"signed":${signed},"signatures":[]}`));
          const isPlain = !/[^ -~]|\\|"":/.test(form);
          if (signed === form && isPlain) expect(canonical?.toString()).toBe(form);
          else if (canonical) expect(canonical.toString()).toBe(form);
        }
      }),
    );
  });

  it.each([
    '{"signed":{"b":1,"a":2}}',
    '{"signed":{"a": 1}}',
    '{"signed":{"a":"\\u0062"}}',
    '{"signed":{"é":1}}',
    '{"signed":{"a":-0}}',
    '{"signed":{"a":9007199254740993}}',
    ' {"signed":{"a":1}}',
  ])('is not seen in %s', (text) => {
    expect(readSignedJson(Buffer.from(text))).toEqual({
      value: JSON.parse(text) as JsonValue,
      canonical: undefined,
    });
  });

  it.each([
    ['{"signed":{"a":1,"a":2}}', /"a" appears twice/],
    ['{"signed":{"a":1},"signed":{"a":2}}', /"signed" appears twice/],
    ['{"signed":{"a":1},"signatures":[{"b":1,"b":1}]}', /"b" appears twice/],
    ['{"signed":{"a":1.0}}', /not written as an integer/],
    ['{"signed":{"a":1e2}}', /not written as an integer/],
    ['{"signed":1.5}', /not written as an integer/],
    [`{"signed":${'['.repeat(128)}${']'.repeat(128)}}`, /nests deeper/],
  ])('is refused as any other: %s', (text, rule) => {
    expect(() => readSignedJson(Buffer.from(text))).toThrow(rule);
    expect(() => readJson(Buffer.from(text))).toThrow(rule);
  });
});
