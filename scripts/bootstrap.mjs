/**
 * Runs a TypeScript script of this project on a bare machine: `node scripts/bootstrap.mjs
 * <script.ts> [arguments]`. Checks Node, installs the locked packages when they are missing or
 * older than the lockfile, then hands over to the script with its exit code and signals.
 * Plain JavaScript on Node alone: nothing is installed yet when this runs.
 */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { withLock } from './lock.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM_NODE = [20, 19];

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  console.error(`Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.version}.`);
  process.exit(1);
}

/** npm writes this file last, so its time tells when the installation was complete. */
function packagesAreCurrent() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(marker) || !existsSync(join(root, 'node_modules', 'tsx'))) return false;
  return statSync(marker).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

async function installPackages() {
  if (packagesAreCurrent()) return;
  await withLock(join(root, 'node_modules.lock'), async () => {
    if (packagesAreCurrent()) return;
    console.error('Installing the locked packages (npm ci) ...');
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=warn'], {
      // npm's own report goes to standard error: standard output belongs to the script.
      stdio: ['ignore', 2, 'inherit'],
      // There, npm is a batch file.
      shell: process.platform === 'win32',
    });
    if (code !== 0) {
      console.error('npm ci failed; see its output above.');
      process.exit(code);
    }
  });
}

/** Runs a child to its end and answers its exit code, 128 + n when a signal n ended it. */
function run(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: root, ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

checkNode();
const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error('usage: node scripts/bootstrap.mjs <script.ts> [arguments]');
  process.exit(2);
}
await installPackages();
process.exitCode = await run(process.execPath, ['--import', 'tsx', join(root, script), ...args], {
  stdio: 'inherit',
});
