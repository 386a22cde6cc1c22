/** The bootstrap hands over to a script as if it had been called itself. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BOOTSTRAP = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function bootstrap(
  args: readonly string[],
  onOutput: (text: string, kill: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [BOOTSTRAP, ...args], { stdio: 'pipe', cwd: folder });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    onOutput(stdout, () => child.kill('SIGTERM'));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

async function script(text: string): Promise<string> {
  const file = join(folder, 'script.mts');
  await writeFile(file, text);
  return relative(PROJECT, file);
}

describe('scripts/bootstrap.mjs', () => {
  it('runs TypeScript with the arguments given and passes on its exit code', async () => {
    const path = await script(`
      const words: string[] = process.argv.slice(2);
      console.log(words.join('|'));
      process.exitCode = 7;
    `);
    const { code, stdout } = await bootstrap([path, 'one', '--two', 'three four']);
    expect(code).toBe(7);
    expect(stdout).toBe('one|--two|three four\n');
  });

  it('passes on a signal and lets the script end as it likes', async () => {
    const path = await script(`
      process.on('SIGTERM', () => process.exit(3));
      setInterval(() => {}, 1000);
      console.log('ready');
    `);
    const { code } = await bootstrap([path], (text, kill) => {
      if (text.includes('ready')) kill();
    });
    expect(code).toBe(3);
  });

  it('reports a script that a signal ended as a shell would', async () => {
    const path = await script(`process.kill(process.pid, 'SIGKILL');`);
    expect((await bootstrap([path])).code).toBe(128 + 9);
  });

  it('says how it is used when no script is named', async () => {
    const { code, stderr } = await bootstrap([]);
    expect(code).toBe(2);
    expect(stderr).toContain('usage:');
  });
});
