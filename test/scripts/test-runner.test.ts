/** `npm test` on a machine that cannot run the test stack: said plainly, and a failure in CI. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let empty: string;
beforeEach(async () => {
  empty = await mkdtemp(join(tmpdir(), 'no-programs-'));
});
afterEach(() => rm(empty, { recursive: true }));

/** Runs the tests of one small file with nothing on the PATH and nothing downloaded before. */
async function runTests(
  env: Readonly<Record<string, string>>,
  ...filters: readonly string[]
): Promise<{ readonly code: number | null; readonly output: string }> {
  const args = ['--import', 'tsx', 'scripts/test.ts', ...filters];
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: { PATH: empty, HOME: empty, XDG_CACHE_HOME: empty, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}

const lastLine = (output: string): string => output.trimEnd().split('\n').at(-1) ?? '';

describe('the test runner without the stack', () => {
  it('runs the unit tests, counts them and names what is missing', async () => {
    const { code, output } = await runTests({}, 'test/scripts/lock.test.ts');
    expect(lastLine(output)).toBe('3 passed, 0 failed');
    expect(output).toContain('The end-to-end tests did not run. This machine lacks:');
    expect(output).toContain('- Docker, registry and Notary: this system has no program');
    expect(code).toBe(0);
  });

  it('fails in CI, once more for each test that is left out where no name is asked for', async () => {
    const config =
      "export default { test: { name: 'unit', globals: true, include: ['*.test.js'] } };";
    await writeFile(join(empty, 'vitest.config.js'), config);
    const tests = "it('runs', () => undefined);\nit.skip('is left out', () => undefined);\n";
    await writeFile(join(empty, 'some.test.js'), tests);
    const { code, output } = await runTests({ CI: 'true' }, '--root', empty);
    expect(output).toContain(
      'some.test.js > is left out\n    left out, and in CI no test may be\n',
    );
    expect(lastLine(output)).toBe('1 passed, 2 failed');
    expect(code).toBe(1);
    const named = await runTests({ CI: 'true' }, '--root', empty, '-t', 'runs');
    expect(lastLine(named.output)).toBe('1 passed, 1 failed');
    expect(named.code).toBe(1);
  });

  it('closes with the list of what failed, and the first words of each', async () => {
    const config =
      "export default { test: { name: 'unit', globals: true, include: ['*.test.js'] } };";
    await writeFile(join(empty, 'vitest.config.js'), config);
    const tests = [
      "describe('a group', () => {",
      "  it('fails at length', () => { throw new Error('long '.repeat(1000)); });",
      "  it('expects in vain', () => { expect({ color: 'red' }).toEqual({ color: 'blue' }); });",
      '});',
      "describe('another', () => {",
      "  beforeAll(() => { throw new Error('cannot prepare'); });",
      "  it('never runs', () => undefined);",
      '});',
      "it('runs', () => { setTimeout(() => { throw new Error('too late'); }); });",
    ];
    await writeFile(join(empty, 'some.test.js'), tests.join('\n'));
    const { output } = await runTests({}, '--root', empty);
    const list = output.slice(output.lastIndexOf('\nFailed:\n'));
    expect(list.trimEnd().split('\n').slice(1)).toEqual([
      'Failed:',
      '- some.test.js > a group > fails at length',
      `    ${'long '.repeat(80)}`,
      '- some.test.js > a group > expects in vain',
      "    expected { color: 'red' } to deeply equal { color: 'blue' }",
      '- some.test.js',
      '    cannot prepare',
      '- outside of any test',
      '    too late',
      '1 passed, 4 failed',
    ]);
  });

  it('does not look for the stack where only unit tests are asked for', async () => {
    const unit = ['--project', 'unit', 'test/scripts/lock.test.ts'];
    const { code, output } = await runTests({ CI: 'true' }, ...unit);
    expect(lastLine(output)).toBe('3 passed, 0 failed');
    expect(output).not.toContain('This machine lacks');
    expect(code).toBe(0);
  });

  it('fails, and runs no other tests, where end-to-end tests are asked for', async () => {
    const { code, output } = await runTests({}, '--project', 'e2e');
    expect(output).toContain('The end-to-end tests did not run. This machine lacks:');
    expect(lastLine(output)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('fails when no test was run', async () => {
    const { code, output } = await runTests({}, 'no-such-test');
    expect(lastLine(output)).toBe('0 passed, 1 failed');
    expect(code).toBe(1);
  });
});
