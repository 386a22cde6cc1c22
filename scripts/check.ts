/**
 * Everything that can be checked without running the product: types, lint, format, agreement. With
 * names of checks as arguments, only those.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mapConcurrent } from '../src/concurrency.js';
import { commitProblems } from './checks/commits.js';
import { distProblems, generatedProblems, versionProblems } from './checks/files.js';
import { taskProblems } from './checks/task.js';
import { root } from './generate.js';

type Check = () => Promise<readonly string[]>;

/** What takes longest begins first: as many run side by side as the machine has cores. */
const checks: Readonly<Record<string, Check>> = {
  lint: program('eslint/bin/eslint.js', '.'),
  types: program('typescript/bin/tsc', '-p', '.'),
  'what nothing uses': program('knip/bin/knip.js', '--no-progress'),
  format: program('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  'generated files': generatedProblems,
  'task manifest': taskProblems,
  versions: versionProblems,
  'commit subjects': commitProblems,
  bundles: distProblems,
};

/** Runs a program of node_modules; what it prints are the problems, if it fails. */
function program(file: string, ...args: readonly string[]): Check {
  return async () => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules', file), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.on('data', (data: Buffer) => output.push(data));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    return code === 0
      ? []
      : [Buffer.concat(output).toString().trim() || `ended with ${String(code)}`];
  };
}

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    throw new Error(`no check ${unknown.join(', ')}; there are: ${Object.keys(checks).join(', ')}`);
  }
  const asked = Object.entries(checks).filter(
    ([name]) => names.length === 0 || names.includes(name),
  );
  await mapConcurrent(asked, availableParallelism(), async ([name, check]) => {
    const problems = await check();
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    for (const problem of problems) console.log(problem.replace(/^/gm, '       '));
    if (problems.length > 0) process.exitCode = 1;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
