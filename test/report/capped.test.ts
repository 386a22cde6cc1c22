import { describe, expect, it } from 'vitest';
import { failureOfMany } from '../../src/report/failure-of-many.js';
import { summaryOf } from '../../src/report/summary.js';
import { textOf } from '../../src/report/table.js';
import { failureOf, type Verdict } from '../../src/verification/index.js';
import { TrustError } from '../../src/errors.js';

const errorOf = (index: number): TrustError =>
  new TrustError('TAG_NOT_SIGNED', `Tag ${index} is not signed.`, { remedy: `Sign tag ${index}.` });
const errors = Array.from({ length: 300 }, (_, index) => errorOf(index));

describe('what is said of 300 failures', () => {
  const [first, ...others] = errors.map((error, index) => ({ name: `image ${index}`, error }));

  it('is some of them, and where the others are', () => {
    if (!first) throw new TypeError('there is no failure');
    const { message, remedy } = failureOfMany([first, ...others], '300 images were not signed.');
    expect(message.match(/is not signed/g)).toHaveLength(20);
    expect(message).toMatch(/ \.\.\. and 280 more, see the trust report$/);
    expect(remedy.split('\n')).toHaveLength(21);
    expect(remedy).toMatch(/\n\.\.\. and 280 more, see the trust report$/);
  });

  it('is capped for images that are not as required, too', () => {
    const failed = errors.map(({ code, message, remedy }): Verdict => {
      return { status: 'failed', problems: [{ code, message, remedy }] } as unknown as Verdict;
    });
    const { message, remedy } = failureOf(failed) ?? { message: '', remedy: '' };
    expect(message).toMatch(/^300 of 300 images are not as required\. Tag 0 is not signed\. /);
    expect(message).toMatch(/ \.\.\. and 280 more, see the trust report$/);
    expect(remedy).toMatch(/\n\.\.\. and 280 more, see the trust report$/);
  });
});

describe('a table of thousands of rows', () => {
  it('shows the first, and says how many more there are', () => {
    const rows = Array.from({ length: 9_000 }, (_, row) => [`row ${row}`, 'x']);
    const lines = textOf({ text: [['ROW', 'X'], ...rows] });
    expect(lines).toHaveLength(502);
    expect(lines.at(-1)).toBe('... and 8500 more, see the trust report');
  });

  it('of a few is whole', () => {
    expect(textOf({ text: [['A'], ['b']] })).toEqual(['A', 'b']);
  });
});

describe('the warnings of a summary', () => {
  it('are capped', () => {
    const warnings = Array.from({ length: 1_000 }, (_, index) => `warning ${index}`);
    const summary = summaryOf(
      { command: 'sign', heading: 'Result', body: [] },
      undefined,
      warnings,
    );
    expect(summary.match(/warning /g)).toHaveLength(50);
    expect(summary.trimEnd()).toMatch(/\n\.\.\. and 950 more, see the trust report$/);
  });
});
