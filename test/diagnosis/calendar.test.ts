import { describe, expect, it } from 'vitest';
import type { RegistryProperties } from '../../src/azure/index.js';
import { calendarChecks } from '../../src/diagnosis/calendar.js';
import { diagnose, NotSeen, type Purpose } from '../../src/diagnosis/check.js';

const dct: Purpose = { isSigning: true, isDct: true, isNotaryProject: false };
const both: Purpose = { ...dct, isNotaryProject: true };
const only: Purpose = { ...both, isDct: false };
const later = '2026-11-29';
const earlier = '2026-05-30';

async function look(
  day: string,
  purpose: Purpose,
  { policy, served }: { readonly policy?: string; readonly served?: boolean } = {},
) {
  const properties =
    policy === undefined
      ? Promise.reject(new NotSeen('not told'))
      : Promise.resolve({ trustPolicy: policy } as RegistryProperties);
  properties.catch(() => undefined);
  const [enabling, removal] = await diagnose(
    calendarChecks({
      host: 'a',
      now: new Date(`${day}T12:00:00Z`),
      properties,
      isServed: Promise.resolve(served),
      purpose,
    }),
  );
  return { enabling, removal };
}

describe('31 May 2026', () => {
  it.each([
    [
      'a registry that has it',
      later,
      dct,
      { policy: 'enabled' },
      'pass',
      /no registry .* any more/,
    ],
    ['one whose trust data was seen', later, dct, { served: true }, 'pass', /stays on/],
    ['one that has none', later, dct, { policy: 'disabled' }, 'warn', /cannot get it any more/],
    ['the same before', earlier, dct, { policy: 'disabled' }, 'warn', /after that day it cannot/],
    ['one without need of it', later, only, { policy: 'disabled' }, 'pass', /none is used/],
    ['one that nobody may look at', later, dct, {}, 'unknown', /is not known/],
  ] as const)('for %s', async (_, day, purpose, known, verdict, reason) => {
    const { enabling } = await look(day, purpose, known);
    expect(enabling).toMatchObject({ verdict, reason: expect.stringMatching(reason) as string });
  });

  it('never advises to switch it off without what that does', async () => {
    const every = [];
    for (const known of [{ policy: 'enabled' }, { policy: 'disabled' }, {}]) {
      every.push(await look('2027-11-29', dct, known));
    }
    const texts = every
      .flatMap(({ enabling, removal }) => [enabling, removal])
      .map((finding) => `${finding?.reason ?? ''} ${finding?.remedy ?? ''}`)
      .filter((text) => /switch content trust off/i.test(text));
    expect(texts.length).toBeGreaterThan(2);
    for (const text of texts) {
      expect(text).toMatch(/Never switch content trust off: that deletes the trust data of every/);
    }
  });
});

describe('31 March 2028', () => {
  it.each([
    ['more than a year before', later, dct, 'pass', /in 488 days, with all trust data/],
    ['less than a year before', '2027-06-01', dct, 'warn', /in 304 days/],
    ['with the replacement beside it', '2027-06-01', both, 'pass', /are made as well/],
    ['after it', '2028-04-01', dct, 'fail', /has removed content trust/],
    ['without Docker Content Trust', '2028-04-01', only, 'pass', /not used/],
  ] as const)('%s', async (_, day, purpose, verdict, reason) => {
    const { removal } = await look(day, purpose);
    expect(removal).toMatchObject({ verdict, reason: expect.stringMatching(reason) as string });
    if (verdict === 'warn' || verdict === 'fail')
      expect(removal?.remedy).toContain('signatures to both');
  });
});
