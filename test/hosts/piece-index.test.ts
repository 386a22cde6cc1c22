import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PieceIndex } from '../../src/hosts/piece-index.js';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import { processorSeconds } from '../processor-time.js';

const LENGTH = 12;
/** Few letters, so that texts repeat themselves and each other. */
const text = (maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '['), minLength: LENGTH, maxLength });

/** The places of `within` that are in a piece of any of `texts`, looked for one by one. */
function coveredBy(texts: readonly string[], within: string): string {
  const covered = Array.from(within, () => '.');
  for (let at = 0; at + LENGTH <= within.length; at += 1) {
    const piece = within.slice(at, at + LENGTH);
    if (texts.some((one) => one.includes(piece))) covered.fill('*', at, at + LENGTH);
  }
  return covered.join('');
}

describe('an index of pieces', () => {
  it('finds what a search for each piece finds, and nothing else', () => {
    const property = fc.property(
      fc.array(text(40), { maxLength: 3 }),
      text(60),
      (texts, within) => {
        const index = new PieceIndex(LENGTH);
        for (const one of texts) index.add(one);
        const covered = Array.from(within, () => '.');
        for (const [start, end] of index.findIn(within)) covered.fill('*', start, end);
        expect(covered.join('')).toBe(coveredBy(texts, within));
      },
    );
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });
});

describe('a secret that repeats itself', () => {
  const most = 3000;

  it.each([
    ['of one character, nearly', `aB1${'['.repeat(most)}`, '['.repeat(most)],
    ['of one character, where texts are cut', '.'.repeat(most), '.'.repeat(most)],
    ['of two characters', `aB1${'xY'.repeat(most / 2)}`, 'Yx'.repeat(most / 2)],
  ])('is found in a text that does so as well: %s', (_, secret, others) => {
    const masker = new SecretMasker();
    masker.add(secret);
    const seconds = processorSeconds(() => {
      expect(masker.redact(`(${secret}) "${others}…"`)).toMatch(/^\(\*+\) "\*+/);
    });
    // It took half a minute, and takes a tenth of a second.
    expect(seconds).toBeLessThan(5);
  });
});
