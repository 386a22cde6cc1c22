import { describe, expect, it } from 'vitest';

import { retryDelayMs } from '../../src/http/retry.js';
import { limits } from '../../src/limits.js';

const nowMs = Date.parse('2026-11-02T08:00:00Z');

describe('the wait before sending again', () => {
  it.each([
    ['0', 0],
    ['2', 2000],
    ['Mon, 02 Nov 2026 08:00:03 GMT', 3000],
    ['Mon, 02 Nov 2026 07:00:00 GMT', 0],
  ])('obeys Retry-After: %s', (header, expected) => {
    expect(retryDelayMs(0, header, nowMs)).toBe(expected);
  });

  it.each(['86400', 'Tue, 03 Nov 2026 08:00:00 GMT'])(
    'is never shorter than Retry-After says: %s',
    (header) => {
      expect(retryDelayMs(0, header, nowMs)).toBe(86_400_000);
    },
  );

  it.each([0, 1, 2, 30])('grows with jitter up to the cap (attempt %i)', (attempt) => {
    const full = Math.min(limits.httpRetryBaseMs * 2 ** attempt, limits.httpRetryCapMs);
    const delayMs = retryDelayMs(attempt, 'soon', nowMs);
    expect(delayMs).toBeGreaterThanOrEqual(full / 2);
    expect(delayMs).toBeLessThanOrEqual(full);
  });
});
