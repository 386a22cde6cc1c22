/**
 * `npm test [-- <vitest filters and options>]`: prepares the test stack, runs all tests and closes
 * with the list of what failed and one line that counts. Where the stack cannot run it says why and
 * runs the unit tests alone; that is a failure in CI, and where the end-to-end tests were asked for.
 */
import { stripVTControlCharacters } from 'node:util';

import { parseCLI, startVitest, type TestCase, type TestModule, type Vitest } from 'vitest/node';

import { missingForStack } from '../test/stack/index.js';

interface Failure {
  readonly name: string;
  readonly message: string;
}

interface Tally {
  passed: number;
  readonly failures: Failure[];
}

/** As much of a message as a list has room for: CI shows only the end of what a run prints. */
const MESSAGE_LENGTH = 400;

/** What errors say; `otherwise` where there are none. */
function messageOf(errors: readonly { readonly message?: string }[], otherwise: string): string {
  const messages = errors.map(({ message = '' }) => message).filter((message) => message !== '');
  return messages.length > 0 ? messages.join('\n') : otherwise;
}

/** The errors of a file that belong to none of its tests: of loading it, and of its suites' hooks. */
function errorsAround(module: TestModule) {
  const suites = [...module.children.allSuites()];
  return [...module.errors(), ...suites.flatMap((suite) => suite.errors())];
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

/**
 * Failures of a file or of a run count too, or a broken set-up would pass with no test run. In CI a
 * test that is left out counts as failed, unless a name was asked for: it proves nothing.
 */
function count(vitest: Vitest): Tally {
  const tally: Tally = { passed: 0, failures: [] };
  const mayLeaveOut =
    process.env.CI !== 'true' ||
    process.platform === 'win32' ||
    vitest.config.testNamePattern !== undefined;
  for (const module of vitest.state.getTestModules()) {
    const around = errorsAround(module);
    const failedHere: Failure[] = [];
    for (const test of module.children.allTests()) {
      const { state, errors = [] } = test.result();
      if (state === 'passed') tally.passed += 1;
      else if (state === 'failed') {
        failedHere.push({ name: nameOf(test), message: messageOf(errors, 'failed') });
      } else if (state === 'pending') {
        failedHere.push({ name: nameOf(test), message: 'collected, but never finished' });
      } else if (!mayLeaveOut && around.length === 0) {
        failedHere.push({ name: nameOf(test), message: 'left out, and in CI no test may be' });
      }
    }
    if (around.length > 0 || (failedHere.length === 0 && module.state() === 'failed')) {
      const message = messageOf(around, 'failed with all its tests passed');
      failedHere.push({ name: module.relativeModuleId, message });
    }
    tally.failures.push(...failedHere);
  }
  for (const error of vitest.state.getUnhandledErrors()) {
    const message = messageOf([error as { message?: string }], 'is no error, and says nothing');
    tally.failures.push({ name: 'outside of any test', message });
  }
  return tally;
}

async function main(): Promise<Tally> {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  const asked = [options.project ?? ['unit', 'e2e']]
    .flat()
    .flatMap((name) => (name === 'unit' ? ['unit', 'unit-alone'] : [name]));
  const missing = asked.includes('e2e') ? await missingForStack(console.log) : [];
  const project = missing.length > 0 ? asked.filter((name) => name !== 'e2e') : asked;
  const tally: Tally =
    project.length === 0
      ? { passed: 0, failures: [] }
      : count(await startVitest('test', filter, { ...options, project, watch: false }));
  if (missing.length > 0) {
    console.log('\nThe end-to-end tests did not run. This machine lacks:');
    for (const line of missing) console.log(`- ${line}`);
    if (process.env.CI === 'true' || options.project !== undefined) {
      tally.failures.push({ name: 'test stack', message: 'cannot run here, and it must' });
    }
  }
  // Vitest reports a failed set-up, or no test at all, by its exit code alone.
  if (tally.failures.length === 0 && process.exitCode !== undefined && process.exitCode !== 0) {
    tally.failures.push({ name: 'vitest', message: `ended with ${String(process.exitCode)}` });
  }
  return tally;
}

const { passed, failures } = await main().catch((error: unknown): Tally => {
  console.error(error);
  return { passed: 0, failures: [{ name: 'npm test', message: String(error) }] };
});
if (failures.length > 0) console.log('\nFailed:');
for (const { name, message } of failures) {
  const start = stripVTControlCharacters(message).slice(0, MESSAGE_LENGTH);
  console.log(`- ${name}\n${start.replace(/^/gm, '    ')}`);
}
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
