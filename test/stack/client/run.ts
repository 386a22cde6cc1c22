/** Runs a program to its end for a test and reports everything it did; throws for nothing it did. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface RunOptions {
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. Default: empty. */
  readonly input?: string;
  /** After this the program is killed and {@link RunResult.signal} is SIGKILL. Default: 120 s. */
  readonly timeoutMs?: number;
  /** Sends a signal, once, as soon as the output matches. */
  readonly signalWhen?: {
    readonly pattern: RegExp;
    readonly signal: NodeJS.Signals;
    /** Also to all that the program has started, as a terminal does. */
    readonly toGroup?: boolean;
  };
  /** Sends these signals, one right after the other, once this is fulfilled. */
  readonly signals?: {
    readonly after: Promise<unknown>;
    readonly names: readonly NodeJS.Signals[];
  };
}

export interface RunResult {
  /** 128 + n when a signal n ended the program, as a shell says it. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order they were read: for messages and for looking for secrets. */
  readonly output: string;
}

const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const SIGNAL_BASE = 128;

/**
 * Runs `file` with `args`.
 * @throws {Error} when the program cannot be started at all.
 */
export function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const { env, cwd, input = '', timeoutMs = DEFAULT_TIMEOUT_MS, signals } = options;
    const child = spawn(file, args, {
      env,
      ...(cwd !== undefined && { cwd }),
      stdio: 'pipe',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      detached: options.signalWhen?.toGroup === true,
    });
    signals?.after.then(
      () => {
        for (const name of signals.names) child.kill(name);
      },
      // Whoever waits for it besides says so.
      () => undefined,
    );
    const texts = { stdout: '', stderr: '', output: '' };
    let { signalWhen } = options;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] += chunk;
        texts.output += chunk;
        if (signalWhen?.pattern.test(texts.output) === true) {
          if (signalWhen.toGroup === true) process.kill(-(child.pid ?? 0), signalWhen.signal);
          else child.kill(signalWhen.signal);
          signalWhen = undefined;
        }
      });
    }
    // A program that ends without reading its input has done nothing wrong.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({
        exitCode: code ?? SIGNAL_BASE + constants.signals[signal ?? 'SIGKILL'],
        signal,
        ...texts,
      });
    });
  });
}
