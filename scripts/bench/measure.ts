/** Runs a program and measures what it cost: time, processor time, memory. Linux only, as the stack. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

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
  /** User and system time of the process, to a hundredth of a second. */
  readonly cpuMs: number;
  /** The most memory that the process held. */
  readonly peakMib: number;
}

const POLL_MS = 5;
/** USER_HZ, the same on every architecture of Linux that Node.js runs on. */
const TICK_MS = 10;

/**
 * Runs `invocation` to its end.
 * @throws {Error} with its output where it fails: what did not work is not measured.
 */
export async function measure({ file, args, env, cwd, shows }: Invocation): Promise<Cost> {
  const started = performance.now();
  const child = spawn(file, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  let last = { cpuMs: 0, peakMib: 0 };
  const timer = setInterval(() => {
    void sample(child.pid).then((seen) => (last = seen ?? last));
  }, POLL_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const elapsedMs = performance.now() - started;
    const isDone = shows ? shows.test(output) : code === 0;
    if (!isDone) throw new Error(`${[file, ...args].join(' ')} ended with ${code}:\n${output}`);
    return { elapsedMs, ...last };
  } finally {
    clearInterval(timer);
  }
}

/** What the kernel says of a process while it lives: both numbers only grow, so the last one counts. */
async function sample(pid: number | undefined) {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'latin1'),
      readFile(`/proc/${pid}/status`, 'latin1'),
    ]);
    // proc(5): utime and stime are the 12th and 13th field behind the name, which is in brackets.
    const [utime = 0, stime = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    const peakKib = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
    if (Number.isNaN(peakKib)) return undefined;
    return { cpuMs: (utime + stime) * TICK_MS, peakMib: peakKib / 1024 };
  } catch {
    // It has ended.
    return undefined;
  }
}
