import { describe, expect, it } from 'vitest';
import { diagnose, needing, NotSeen, pass, warn, type Check } from '../../src/diagnosis/check.js';
import { TrustError } from '../../src/errors.js';

const looking = (look: Check['look'], more: Partial<Check> = {}): Check => ({
  area: 'keys',
  check: 'it',
  subject: 'of',
  look,
  ...more,
});
const failure = new TrustError('KEY_NOT_FOUND', 'It does not exist.', { remedy: 'Make it.' });
const place = { area: 'keys', check: 'it', subject: 'of' };

describe('the findings of checks', () => {
  it.each([
    {
      name: 'what it saw',
      check: looking(() => Promise.resolve(pass('there'))),
      findings: [{ ...place, verdict: 'pass', reason: 'there' }],
    },
    {
      name: 'each thing that it saw, by its own name',
      check: looking(() =>
        Promise.resolve([pass('a', { check: 'one' }), warn('b', 'do', { check: 'two' })]),
      ),
      findings: [
        { ...place, check: 'one', verdict: 'pass', reason: 'a' },
        { ...place, check: 'two', verdict: 'warn', reason: 'b', remedy: 'do' },
      ],
    },
    {
      name: 'the error of a run, as a failure',
      check: looking(() => Promise.reject(failure)),
      findings: [
        {
          ...place,
          verdict: 'fail',
          reason: 'It does not exist',
          remedy: 'Make it.',
          code: 'KEY_NOT_FOUND',
        },
      ],
    },
    {
      name: 'the error of what a run can do without, as a warning',
      check: looking(() => Promise.reject(failure), { onError: 'warn' }),
      findings: [expect.objectContaining({ verdict: 'warn', code: 'KEY_NOT_FOUND' })],
    },
    {
      name: 'what cannot be seen, as unknown',
      check: looking(() => Promise.reject(new NotSeen('nobody tells', 'Ask.')), {
        onError: 'fail',
      }),
      findings: [{ ...place, verdict: 'unknown', reason: 'nobody tells', remedy: 'Ask.' }],
    },
    {
      name: 'a fault of the check itself, as unknown',
      check: looking(() => Promise.reject(new TypeError('oops'))),
      findings: [
        expect.objectContaining({
          verdict: 'unknown',
          reason: 'the check itself failed: oops',
        }),
      ],
    },
  ])('are $name', async ({ check, findings }) => {
    const other = looking(() => Promise.resolve(pass('as well')));
    const found = await diagnose([check, other]);
    expect(found.slice(0, -1)).toEqual(findings);
    expect(found.at(-1)).toEqual({ ...place, verdict: 'pass', reason: 'as well' });
  });

  it('end with the wish to stop', async () => {
    const interrupted = new TrustError('INTERRUPTED', 'stopped', { remedy: '' });
    const checks = [
      looking(() => Promise.resolve(pass('x'))),
      looking(() => Promise.reject(interrupted)),
    ];
    await expect(diagnose(checks)).rejects.toBe(interrupted);
  });

  it('name what kept a check from looking, once', async () => {
    const first = needing('the login', Promise.reject(failure));
    const [found] = await diagnose([looking(() => needing('the reading', first))]);
    expect(found).toMatchObject({ verdict: 'unknown', reason: 'not checked: the login failed' });
  });
});
