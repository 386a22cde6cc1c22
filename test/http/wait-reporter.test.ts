/** What is told while a server does not answer. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWaitReporter } from '../../src/http/wait-reporter.js';

let lines: string[];
beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
});
afterEach(() => vi.useRealTimers());

const reporter = () => createWaitReporter((line) => void lines.push(line));

describe('a wait', () => {
  it('is told with its service and its length, until it ends', () => {
    const end = reporter().watch('Entra ID', 60_000);
    vi.advanceTimersByTime(31_000);
    end();
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([
      'Waiting for Entra ID, 15 of at most 60 s',
      'Waiting for Entra ID, 30 of at most 60 s',
    ]);
  });

  it('of several requests for one service is told once', () => {
    const waits = reporter();
    for (let count = 0; count < 5; count++) waits.watch('Key Vault', 45_300);
    vi.advanceTimersByTime(15_000);
    expect(lines).toEqual(['Waiting for Key Vault, 15 of at most 45 s']);
  });

  it('that ends soon is not told', () => {
    const end = reporter().watch('the registry', 60_000);
    vi.advanceTimersByTime(10_000);
    end();
    vi.advanceTimersByTime(60_000);
    expect(lines).toEqual([]);
  });
});

describe('a pause that a service makes necessary', () => {
  it('is told with its status, its length and its bound, where it is worth a line', () => {
    const waits = reporter();
    const of = { service: 'the trust server', boundMs: 60_000 };
    waits.reportPause(of, 429, 1_000);
    waits.reportPause(of, 429, 12_000);
    expect(lines).toEqual([
      'the trust server is busy (status 429): next try in 12 s, waiting at most 60 s in all',
    ]);
  });
});
