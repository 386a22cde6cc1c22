/**
 * The end of the process: what was printed must have been taken before it leaves, since a host knows
 * a task's result by its output alone. Decides nothing of the run; only its last exit code.
 */
import type { Writable } from 'node:stream';
import { exitCodes } from '../errors.js';
import { limits } from '../limits.js';
import { shutdownSignals } from './shutdown.js';

/** The two outputs of a process. */
interface Outputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** The part of the process that leaving takes. */
export interface ExitingProcess extends Outputs {
  once(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

/** What a pipe says when nobody reads it any more; `EOF` is Windows' word for it. */
const closedCodes = new Set(['EPIPE', 'ECONNRESET', 'EOF', 'ERR_STREAM_DESTROYED']);

/** Outputs that lost something although somebody may read them: a full disk, for example. */
const lossy = new WeakSet<Writable>();

/**
 * Lets the process live on when an output cannot be written: a reader that has seen enough
 * (`| head -1`) is no failure, and any other loss is told by {@link exitWhenFlushed}.
 */
export function tolerateLostOutput({ stdout, stderr }: Outputs): void {
  for (const output of [stdout, stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (!closedCodes.has(error.code ?? '')) lossy.add(output);
    });
  }
}

/**
 * Ends the process with `code` as soon as its output was taken. Where it was not, after
 * `patienceMs`, at a further signal, or because it could not be written, the code is not 0.
 */
export async function exitWhenFlushed(
  process: ExitingProcess,
  code: number,
  patienceMs: number = limits.outputFlushMs,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const givenUp = new Promise<boolean>((resolve) => {
    const giveUp = (): void => {
      resolve(false);
    };
    timer = setTimeout(giveUp, patienceMs);
    for (const name of shutdownSignals) process.once(name, giveUp);
  });
  const taken = Promise.all([isTaken(process.stdout), isTaken(process.stderr)]);
  const arrived = await Promise.race([taken.then((both) => both.every(Boolean)), givenUp]);
  clearTimeout(timer);
  // Not left to the event loop: connections that are kept open would have it wait.
  process.exit(arrived ? code : code || exitCodes.failed);
}

/** Whether all that was written before has been taken, or nobody wants it any more. */
async function isTaken(output: Writable): Promise<boolean> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    output.write('', resolve);
  });
  return !lossy.has(output) && (!error || closedCodes.has(error.code ?? ''));
}
