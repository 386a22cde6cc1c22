/** What is told of the certificates that signatures are verified by. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/check.js';
import { trustedCertificateChecks } from '../../src/diagnosis/trusted-certificates.js';
import { TrustError } from '../../src/errors.js';
import type { Certificate } from '../../src/notation/index.js';

const look = (read: () => Promise<readonly Certificate[]>) =>
  diagnose(
    trustedCertificateChecks({
      read,
      clock: () => new Date('2026-11-29T12:00:00Z'),
      withinDays: 90,
    }),
  );
const until = (day: string): Certificate =>
  ({ subjectText: 'CN=Root', thumbprint: 'ab', notAfter: new Date(day) }) as unknown as Certificate;

describe('trusted certificates', () => {
  it.each([
    ['2030-01-01', 'pass', /, until 2030-01-01$/],
    ['2027-01-01', 'warn', /, expires on 2027-01-01$/],
    ['2026-01-01', 'warn', /expired on 2026-01-01: only signatures with a time stamp/],
  ] as const)('until %s: %s', async (day, verdict, reason) => {
    const [finding] = await look(() => Promise.resolve([until(day)]));
    expect(finding).toMatchObject({ verdict, reason: expect.stringMatching(reason) as string });
    expect(finding?.remedy === undefined).toBe(verdict === 'pass');
  });

  it('that cannot be read fail with the error of a run', async () => {
    const refused = new TrustError('VAULT_FORBIDDEN', 'It is refused.', { remedy: 'Assign it.' });
    expect(await look(() => Promise.reject(refused))).toMatchObject([
      { verdict: 'fail', code: 'VAULT_FORBIDDEN', remedy: 'Assign it.' },
    ]);
  });
});
