import { describe, expect, it } from 'vitest';
import { corpusCases, judge } from './corpus.js';

/** Where notation 1.3.2 is laxer than the specification, and why we are not. */
const stricterThanNotation: Readonly<Record<string, string>> = {
  '034-unknown-critical-jws': 'what is critical and not understood must fail (RFC 7515, 4.1.11)',
  '058-pss-salt-zero-jws': 'the salt is as long as the hash (RFC 7518, 3.5)',
  '070-crit-signing-time-cose': 'signingTime is not critical; notation says so for JWS only',
  '075-both-times-cose': 'a scheme has one kind of time; notation says so for JWS only',
  '087-signing-time-before-validity-cose': 'a time outside of the certificates is invalid',
  '135-ca-bc-not-critical': 'basic constraints of a CA are critical',
};

/** Where the specification leaves it open. */
const open: Readonly<Record<string, string>> = {
  '133-eku-ocsp-signing': 'not listed by the specification; notation rejects, so nobody may use it',
  '180-ts-ber': 'RFC 3161 allows BER; one spelling of a time stamp is enough',
};

describe('a recorded envelope', () => {
  it.each(corpusCases.filter(({ specification }) => specification === 'accept'))(
    'is accepted: $id ($why)',
    async (example) => {
      expect(await judge(example)).toMatchObject({ verdict: 'accept' });
    },
  );

  it.each(corpusCases.filter(({ specification }) => specification === 'reject'))(
    'is rejected with one reason: $id ($why)',
    async (example) => {
      const { verdict, reason } = await judge(example);
      expect(verdict).toBe('reject');
      expect(reason).toMatch(/^[a-zA-Z]+: \S.*\S$/);
    },
  );

  it.each(corpusCases.filter(({ id }) => id in open))(
    'is rejected although the specification leaves it open: $id',
    async (example) => {
      expect(await judge(example)).toMatchObject({ verdict: 'reject' });
    },
  );
});

describe('the table of differences from notation', () => {
  it('names every recorded case in which the specification decides otherwise', () => {
    const different = corpusCases.filter(
      ({ specification, notation }) =>
        specification !== 'either' && specification !== notation.verdict,
    );
    expect(different.map(({ id }) => id)).toEqual(Object.keys(stricterThanNotation));
  });

  it('names every recorded case that the specification leaves open', () => {
    const undecided = corpusCases.filter(({ specification }) => specification === 'either');
    expect(undecided.map(({ id }) => id)).toEqual(Object.keys(open));
  });

  it('has nothing that we accept and notation rejects', () => {
    const lax = corpusCases.filter(
      ({ specification, notation }) => specification === 'accept' && notation.verdict === 'reject',
    );
    expect(lax).toEqual([]);
  });
});
