/**
 * `npm test [-- <vitest filters and options>]`: prepares the test stack, runs all tests and closes
 * with one line that counts them. Where the stack cannot run it says why and runs the unit tests
 * alone, except in CI, where that is a failure.
 */
import { parseCLI, startVitest, type Vitest } from 'vitest/node';

import { missingForStack } from '../test/stack/index.js';

interface Tally {
  passed: number;
  failed: number;
}

/**
 * Failures of a file or of a run count too, or a broken set-up would pass with no test run. In CI a
 * test that is left out counts as failed, unless a name was asked for: it proves nothing.
 */
function count(vitest: Vitest): Tally {
  const tally: Tally = { passed: 0, failed: 0 };
  const mayLeaveOut =
    process.env.CI !== 'true' ||
    process.platform === 'win32' ||
    vitest.config.testNamePattern !== undefined;
  for (const module of vitest.state.getTestModules()) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') tally.passed += 1;
      else if (state === 'failed') failedHere += 1;
      // Collected, meant to run, and never finished.
      else if (state === 'pending') failedHere += 1;
      else if (!mayLeaveOut) {
        console.log(`\nLeft out, and in CI no test may be: ${test.fullName}`);
        failedHere += 1;
      }
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
    tally.failed += failedHere;
  }
  tally.failed += vitest.state.getUnhandledErrors().length;
  return tally;
}

async function main(): Promise<Tally> {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  const missing = await missingForStack((line) => {
    console.log(line);
  });
  const setupFailures = missing.length > 0 && process.env.CI === 'true' ? 1 : 0;
  const projects = missing.length > 0 ? { project: ['unit'] } : {};
  const vitest = await startVitest('test', filter, { ...options, ...projects, watch: false });
  const tally = count(vitest);
  if (missing.length > 0) {
    console.log('\nThe end-to-end tests did not run. This machine lacks:');
    for (const line of missing) console.log(`- ${line}`);
  }
  tally.failed += setupFailures;
  // Vitest reports a failed set-up, or no test at all, by its exit code alone.
  if (tally.failed === 0 && process.exitCode !== undefined && process.exitCode !== 0) {
    tally.failed = 1;
  }
  return tally;
}

const tally = await main().catch((error: unknown): Tally => {
  console.error(error);
  return { passed: 0, failed: 1 };
});
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
