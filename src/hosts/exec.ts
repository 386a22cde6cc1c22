/**
 * The one door for child processes. Runs them with `@actions/exec`, which never uses a shell, and
 * adds what that lacks: a PATH that is not ours, a way to stop a child, and an empty standard input.
 * Never prints a child's command line or environment.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { exec as run } from '@actions/exec';
import { TrustError, withoutDescriptor } from '../errors.js';
import { limits } from '../limits.js';
import { ExecutableNotFoundError, type Exec, type ExecOptions, type Log } from '../ports.js';
import { which } from './which.js';
import { requireSafeBatchArguments } from './windows-batch.js';
import { LineSplitter } from './sanitize-output.js';

/** Gives the {@link Exec} port; echoed output goes to `log`, which makes it safe. */
export function createExec(log: Pick<Log, 'info'>): Exec {
  return async (file, args, options) => {
    const cwd = options.cwd ?? process.cwd();
    const program = await which(file, { env: options.env, cwd, platform: process.platform });
    if (program === undefined) throw new ExecutableNotFoundError(file);
    requireSafeBatchArguments(program, args, process.platform);
    if (options.signal?.aborted) throw interrupted(file, options.signal);

    const stdout = new Capture(options.echo ? log : undefined);
    const stderr = new Capture(options.echo ? log : undefined);
    const child = new ChildHandle(options.signal);
    const stopTelling = tellSilence(file, [stdout, stderr], log);
    try {
      const code = await child.watch(() =>
        run(quote(program), [...args], {
          cwd,
          env: { ...options.env },
          // An absent input would leave the child waiting at an open standard input.
          input: inputOf(options),
          silent: true,
          ignoreReturnCode: true,
          listeners: {
            stdout: (data) => {
              stdout.add(data);
            },
            stderr: (data) => {
              stderr.add(data);
            },
          },
        }),
      );
      if (options.signal?.aborted) throw interrupted(file, options.signal);
      return { exitCode: child.exitCode(code), stdout: stdout.end(), stderr: stderr.end() };
    } catch (thrown) {
      const { code = '' } = child.startFailure() ?? {};
      throw withoutDescriptor(code, `"${file}" could not be started`, thrown) ?? thrown;
    } finally {
      stopTelling();
      child.forget();
    }
  };
}

/** Says from time to time that a program that should be telling something is silent. */
function tellSilence(
  file: string,
  outputs: readonly Capture[],
  log: Pick<Log, 'info'>,
): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    const last = Math.max(started, ...outputs.map(({ lastMs }) => lastMs));
    const minutes = Math.floor((Date.now() - last) / 60_000);
    if (minutes >= 2)
      log.info(`Waiting for "${file}", which has printed nothing for ${minutes} minutes`);
  }, limits.silenceReportMs);
  return () => {
    clearInterval(timer);
  };
}

/** Both the whole output and, if wanted, its echo. */
class Capture {
  readonly #chunks: Buffer[] = [];
  readonly #lines: LineSplitter | undefined;

  constructor(log: Pick<Log, 'info'> | undefined) {
    if (log)
      this.#lines = new LineSplitter((line) => {
        log.info(line);
      });
  }

  /** When there was output last. */
  lastMs = 0;

  add(data: Buffer): void {
    this.lastMs = Date.now();
    this.#chunks.push(data);
    this.#lines?.push(data);
  }

  end(): string {
    this.#lines?.end();
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}

const channel = 'child_process';

/**
 * Gets hold of the process that `@actions/exec` starts and keeps to itself: Node announces each on
 * its documented diagnostics channel, synchronously, so the caller's async context tells ours
 * from those of other runs.
 */
class ChildHandle {
  static readonly #current = new AsyncLocalStorage<ChildHandle>();

  readonly #signal: AbortSignal | undefined;
  #child: ChildProcess | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #startFailure: NodeJS.ErrnoException | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async watch<T>(start: () => Promise<T>): Promise<T> {
    subscribe(channel, this.#onSpawn);
    this.#signal?.addEventListener('abort', this.#stop, { once: true });
    return ChildHandle.#current.run(this, start);
  }

  forget(): void {
    unsubscribe(channel, this.#onSpawn);
    this.#signal?.removeEventListener('abort', this.#stop);
    clearTimeout(this.#killTimer);
  }

  /** Why the system did not start the child, of which `@actions/exec` keeps but the words. */
  startFailure(): NodeJS.ErrnoException | undefined {
    return this.#startFailure;
  }

  /** A child that a signal ended has no exit code; shells count from 128. */
  exitCode(code: number | null): number {
    return code ?? (this.#child?.signalCode === 'SIGKILL' ? 137 : 143);
  }

  readonly #onSpawn = (message: unknown): void => {
    if (ChildHandle.#current.getStore() !== this) return;
    const child = (message as { readonly process: ChildProcess }).process;
    this.#child = child;
    child.once('error', (error) => {
      this.#startFailure = error;
    });
    // Our subscriber is called before the streams exist.
    queueMicrotask(() => {
      // A child that ends without reading its input is no failure of ours; its exit code tells.
      child.stdin?.on('error', ignoreClosedPipe);
      if (this.#signal?.aborted) this.#stop();
    });
  };

  /** Asks, then kills: docker ends its builds cleanly when it is asked. */
  readonly #stop = (): void => {
    this.#child?.kill('SIGTERM');
    this.#killTimer = setTimeout(() => this.#child?.kill('SIGKILL'), limits.childGraceMs);
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET' && error.code !== 'EOF') throw error;
}

function interrupted(file: string, signal: AbortSignal): TrustError {
  return new TrustError('INTERRUPTED', `"${file}" was stopped because the run was interrupted.`, {
    remedy: 'Run the step again.',
    cause: signal.reason,
  });
}

function inputOf({ input }: ExecOptions): Buffer {
  if (input === undefined) return Buffer.alloc(0);
  return typeof input === 'string' ? Buffer.from(input, 'utf8') : Buffer.from(input);
}

/** `@actions/exec` splits its first argument at spaces, but for what stands in quotes. */
function quote(program: string): string {
  return `"${program.replaceAll('"', String.raw`\"`)}"`;
}
