/** Starts programs as a host would: with an environment of their own, both outputs caught. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';

export interface Finished {
  readonly code: number | null;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Runs Node with `args`; `onOutput` sees everything so far and may send signals. */
export async function startNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onOutput: (soFar: string, child: ChildProcess) => void = () => undefined,
): Promise<Finished> {
  return startProgram(process.execPath, args, env, onOutput);
}

async function startProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onOutput: (soFar: string, child: ChildProcess) => void,
): Promise<Finished> {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    stdout += data.toString();
    onOutput(stdout, child);
  });
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout: lines(stdout), stderr: lines(stderr) };
}

let samplePath = '';

/** The bundle of sample.ts, once {@link useSample} has made it. */
export function samplePathOf(): string {
  return samplePath;
}

/** Sends `signal` once, as soon as the child has printed `text`. */
export function signalAt(
  text: string,
  signal: NodeJS.Signals,
): (soFar: string, child: ChildProcess) => void {
  let sent = false;
  return (soFar, child) => {
    if (sent || !soFar.includes(text)) return;
    sent = true;
    child.kill(signal);
  };
}

/** Bundles sample.ts for the tests of this file; loading its parts one by one would take long. */
export function useSample(): void {
  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sample-'));
    samplePath = path.join(folder, 'sample.cjs');
    await build({
      entryPoints: [path.join(import.meta.dirname, 'sample.ts')],
      outfile: samplePath,
      bundle: true,
      platform: 'node',
      format: 'cjs',
    });
  });
  afterAll(async () => {
    await rm(path.dirname(samplePath), { recursive: true });
  });
}

/** Runs an invented command (sample.ts) on a real host. */
export async function startSample(
  host: 'action' | 'task' | 'cli',
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  onOutput?: (soFar: string, child: ChildProcess) => void,
): Promise<Finished> {
  return startNode([samplePath, host, ...args], env, onOutput);
}

/** The same on the action, by a shell that sets a limit first, such as `-f 8` (`help ulimit`). */
export async function startLimited(
  limit: string,
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const script = `ulimit ${limit}; exec "$0" "$@"`;
  const args = ['-c', script, process.execPath, samplePath, 'action'];
  return startProgram('sh', args, env, () => undefined);
}

function lines(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line !== '');
}
