/** Runs a program and measures what it cost: time, processor time, memory. Linux only, as the stack. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** How a program is started; nothing of the environment is inherited. */
export interface Invocation {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What its output shows where it did its work. Default: it ends with 0. */
  readonly shows?: RegExp;
}

/** What a run cost. */
export interface Cost {
  readonly elapsedMs: number;
  /** User and system time of the process. */
  readonly cpuMs: number;
  /** The most memory that the process held. */
  readonly peakMib: number;
}

const POLL_MS = 5;
/** Runs a program, and writes to descriptor 4 what the kernel says of it once it has ended: in milliseconds. */
const timed = 'TIMEFORMAT="%U %S"; { time "$@" 2>&3 3>&- 4>&-; } 3>&2 2>&4';

/**
 * Runs `invocation` to its end.
 * @throws {Error} with its output where it fails: what did not work is not measured.
 */
export async function measure({ file, args, env, cwd, shows }: Invocation): Promise<Cost> {
  const started = performance.now();
  const child = spawn('bash', ['-c', timed, 'bash', file, ...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'pipe'],
  });
  let [output, times] = ['', ''];
  const read = (pipe: number, take: (text: string) => void): void => {
    (child.stdio[pipe] as Readable).setEncoding('utf8').on('data', take);
  };
  for (const pipe of [1, 2]) read(pipe, (text) => (output += text));
  read(4, (text) => (times += text));
  let peakMib = 0;
  const timer = setInterval(() => {
    void peakOfChild(child.pid).then((seen) => (peakMib = Math.max(peakMib, seen)));
  }, POLL_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const elapsedMs = performance.now() - started;
    const isDone = shows ? shows.test(output) : code === 0;
    if (!isDone) throw new Error(`${[file, ...args].join(' ')} ended with ${code}:\n${output}`);
    const [user = NaN, system = NaN] = times.split(' ').map(Number);
    return { elapsedMs, cpuMs: (user + system) * 1000, peakMib };
  } finally {
    clearInterval(timer);
  }
}

/** The most memory that the child of a process has held so far; 0 where there is none any more. */
async function peakOfChild(pid: number | undefined): Promise<number> {
  try {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
    const status = await readFile(`/proc/${children.trim()}/status`, 'latin1');
    return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
