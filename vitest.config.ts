/**
 * Two test projects: `unit` needs nothing but Node; `e2e` runs against a real registry, Notary
 * server and Docker engines, one stack for all its files. scripts/test.ts decides which can run.
 */
import { defineConfig } from 'vitest/config';

const MINUTE_MS = 60_000;

/**
 * What holds for every test. A time-out is against what never ends. It says nothing about speed: a
 * machine may be several times slower than the usual one, and busy besides.
 */
function rules(timeoutMs: number) {
  return {
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // A test that asserts nothing, or not on the way it took, fails.
    expect: { poll: { timeout: MINUTE_MS }, requireAssertions: true },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/stack/*.test.ts'],
          ...rules(3 * MINUTE_MS),
          // As many as the usual machine has cores: they compute.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/stack/*.test.ts'],
          globalSetup: 'test/stack/vitest-setup.ts',
          ...rules(6 * MINUTE_MS),
          // One more: a test that runs others' programs uses two thirds of a core.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
