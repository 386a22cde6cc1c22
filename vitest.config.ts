/**
 * Three test projects: `unit` needs nothing but Node; `unit-alone` are those of the unit tests that
 * must not share a process; `e2e` runs against a real registry, Notary server and Docker engines, one stack
 * for all its files. scripts/test.ts decides which can run.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const MINUTE_MS = 60_000;

/** Unit tests that replace a module, or set a variable as they load: each needs a process of its own. */
const alone = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !/^(e2e|stack)\b/.test(file))
  .map((file) => path.posix.join('test', file.replaceAll('\\', '/')))
  .filter((file) => /^(vi\.mock\(|process\.env\.)/m.test(readFileSync(file, 'utf8')));

/** What takes longest begins first, or one worker would still be at it when the others are done. */
const LONGEST = [
  'test/scripts/changes/',
  'test/commands/echo/',
  'test/scripts/bundles.',
  'test/scripts/test-runner.',
  'test/registry/attach-artifact.',
  'test/hosts/cli.',
  'test/hosts/exit.',
  'test/scripts/release.',
  'test/e2e/tags-last/by-digest.',
  'test/e2e/life-story/',
  'test/e2e/conformance/',
  'test/e2e/build/options.',
  'test/e2e/examples/',
  'test/e2e/keys-rotate/',
  'test/e2e/secrets/leaks.',
  'test/e2e/main-job/',
  'test/e2e/keys-renew/',
  'test/e2e/base-images/',
  'test/e2e/notary-project/',
  'test/e2e/same-tag/',
  'test/e2e/failures/trust-data.',
  'test/e2e/network-faults/',
  'test/e2e/trust/',
  'test/stack/lifecycle.',
  'test/e2e/signers/',
  'test/e2e/failures/',
  'test/e2e/many-agents/',
  'test/e2e/inspect/',
  'test/e2e/promote/',
  'test/e2e/getting-started/',
];

/** One project after the other, so that their files share workers; within each the longest first. */
class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((part) => moduleId.replaceAll('\\', '/').includes(part));
      return index < 0 ? LONGEST.length : index;
    };
    const order = ['unit-alone', 'unit', 'e2e'];
    const place = ({ project }: TestSpecification): number => order.indexOf(project.name);
    const sorted = await super.sort(specifications);
    return sorted.sort((a, b) => place(a) - place(b) || rank(a) - rank(b));
  }
}

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
    // Files share processes; none may find the environment that another has left.
    setupFiles: ['test/own-environment.ts'],
    // Two more than the usual machine has cores: an end-to-end test waits for more than half of its time.
    maxWorkers: 4,
  };
}

const unit = rules(3 * MINUTE_MS);

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/stack/*.test.ts', ...alone],
          ...unit,
          // To load the same modules for every file would take a third of the time.
          isolate: false,
        },
      },
      { test: { name: 'unit-alone', include: alone, ...unit } },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', 'test/stack/*.test.ts'],
          // On a machine that cannot have Wine, this has to be said.
          exclude: process.env.TEST_WITHOUT_WINE === '1' ? ['test/e2e/windows/**'] : [],
          globalSetup: 'test/stack/vitest-setup.ts',
          ...rules(6 * MINUTE_MS),
          isolate: false,
        },
      },
    ],
  },
});
