import { describe, expect, it } from 'vitest';

import { retryAfterMs, retryDelayMs, statedWaitMs } from '../../src/http/retry.js';
import { limits } from '../../src/limits.js';

const nowMs = Date.parse('2026-11-02T08:00:00Z');

describe('the wait that a server asks for', () => {
  const asked = (headers: Readonly<Record<string, string>>) =>
    statedWaitMs({ header: (name) => headers[name] }, nowMs);

  it.each([
    ['0', 0],
    ['2', 2000],
    ['86400', 86_400_000],
    ['Mon, 02 Nov 2026 08:00:03 GMT', 3000],
    ['Mon, 02 Nov 2026 07:00:00 GMT', 0],
    ['soon', undefined],
  ])('is what Retry-After says: %s', (value, expected) => {
    expect(retryAfterMs(value, nowMs)).toBe(expected);
    expect(asked({ 'retry-after': value })).toBe(expected);
  });

  it.each(['retry-after-ms', 'x-ms-retry-after-ms'])('is more precise in %s', (name) => {
    expect(asked({ 'retry-after': '2', [name]: '1500' })).toBe(1500);
    expect(asked({ 'retry-after': '2', [name]: 'soon' })).toBe(2000);
  });
});

describe('the wait before sending again', () => {
  it.each([0, 2000, 86_400_000])('is what the server asks for: %i ms', (statedMs) => {
    expect(retryDelayMs(0, statedMs)).toBe(statedMs);
  });

  it.each([0, 1, 2, 30])('grows with jitter up to the cap (attempt %i)', (attempt) => {
    const full = Math.min(limits.httpRetryBaseMs * 2 ** attempt, limits.httpRetryCapMs);
    const delayMs = retryDelayMs(attempt);
    expect(delayMs).toBeGreaterThanOrEqual(full / 2);
    expect(delayMs).toBeLessThanOrEqual(full);
  });
});
