/**
 * Two test projects: `unit` needs nothing but Node; `e2e` runs against a real registry, Notary
 * server and Docker engines, one stack for all its files. scripts/test.ts decides which can run.
 */
import { defineConfig } from 'vitest/config';

const SECOND_MS = 1000;

export default defineConfig({
  test: {
    // The tests share the machine with two Docker engines.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/stack/*.test.ts'],
          // Key stretching and child processes take their time on a machine that is busy.
          testTimeout: 30 * SECOND_MS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/stack/*.test.ts'],
          globalSetup: 'test/stack/vitest-setup.ts',
          testTimeout: 120 * SECOND_MS,
          hookTimeout: 120 * SECOND_MS,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
