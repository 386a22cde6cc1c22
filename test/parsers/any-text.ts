/**
 * Texts to hurt parsers with: good ones with a few changes, pieces of a language in any order, and
 * any bytes. The seed is fixed, so that a failure is the same on the next run.
 */
import fc from 'fast-check';

/** What a changed text gets that was not there: what ends, opens, escapes, or is no text at all. */
const oddities = [
  '',
  '\0',
  '\n',
  '\r\n',
  '\\',
  '"',
  "'",
  '{',
  '[',
  '${',
  '\ufeff',
  '\u2028',
  '\ud800',
  '💥',
  '\x1b[0m',
  '__proto__',
  '-1',
  '1e400',
  '9007199254740993',
  '-----BEGIN ',
  '=',
  '\xff\xfe',
  ' '.repeat(3000),
  '['.repeat(3000),
  'A'.repeat(3000),
];

/** A change of a text: from where, how much goes, and what comes instead. */
const change = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.oneof(fc.constant(0), fc.constant(1), fc.nat(40), fc.constant(100_000)),
  fc.oneof(
    fc.constantFrom(...oddities).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
);

/** Texts like `samples`, and any bytes besides. */
export function like(samples: readonly (string | Uint8Array)[]): fc.Arbitrary<Buffer> {
  const known = samples.map((sample) => Buffer.from(sample));
  // The words of the samples in any order: what is well-formed in parts.
  const words = [...new Set(known.flatMap((sample) => sample.toString().match(/\w+|\W/g) ?? []))];
  const changed = fc
    .tuple(fc.constantFrom(...known), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) =>
      changes.reduce((text, [where, gone, instead]) => {
        const at = Math.floor(where * text.length);
        return Buffer.concat([text.subarray(0, at), instead, text.subarray(at + gone)]);
      }, sample),
    );
  const shuffled = fc
    .array(fc.constantFrom(...words, ...oddities), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.join('')));
  const anything = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof(
    { weight: 4, arbitrary: changed },
    { weight: 2, arbitrary: shuffled },
    { weight: 1, arbitrary: anything },
  );
}
