/**
 * The narrow interfaces through which the core meets its host. A function asks for the one or two
 * it needs; only src/hosts implements them.
 */

/** Where a run tells what it does. Every line is made safe for its host before it is printed. */
export interface Log {
  /** Runs `body` inside a titled, collapsible group; the group ends when the promise settles. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  info(line: string): void;
  warn(line: string): void;
  debug(line: string): void;
}

/** Registers secrets so that neither the host nor our own log ever prints them. */
export interface Secrets {
  /** Masks `value` and the forms it travels in (base64, URL-encoded, each line of a PEM). */
  mask(value: string): void;
}

/**
 * Asks a person for a secret, which is masked before it is given. Only hosts with somebody at a
 * keyboard have it.
 * @throws {TrustError} INTERRUPTED when the person gives up, or the run is to stop.
 */
export type AskSecret = (question: string) => Promise<string>;

/** How one child process is to run. There is never a shell. */
export interface ExecOptions {
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed; without it standard input is empty. */
  readonly input?: string | Uint8Array;
  /** Copies the child's output to the log, line by line, made safe for the host. Default: false. */
  readonly echo?: boolean;
  /** Stops the child when aborted. */
  readonly signal?: AbortSignal;
}

/** What a finished child process left behind. */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `file` (looked up in the PATH of `options.env`) with `args`, each passed as one argument.
 * A non-zero exit code is a result, not an exception.
 * @throws {ExecutableNotFoundError} when there is no such program.
 * @throws {TrustError} INTERRUPTED when `options.signal` was aborted; the child has ended by then.
 */
export type Exec = (
  file: string,
  args: readonly string[],
  options: ExecOptions,
) => Promise<ExecResult>;

/** Thrown by {@link Exec} when the program is not on the PATH. */
export class ExecutableNotFoundError extends Error {
  constructor(readonly file: string) {
    super(`no program "${file}" on the PATH`);
    this.name = 'ExecutableNotFoundError';
  }
}

/** The current time; a port so that expiry can be tested without waiting. */
export type Clock = () => Date;

/** The machine that a run is on, with the ports of its host. Functions take the parts they need. */
export interface Machine {
  readonly exec: Exec;
  /** Aborted when the host asks the run to stop. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /** The host's own environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  /** Where files of this run may be put; cleaned by the host, not by us. */
  readonly tempDirectory: string;
  /** An input, by the name that it has on this host. */
  readonly nameInput: (name: string) => string;
  /** Notes a folder that holds secrets, so that a step after this one removes it come what may. */
  registerCleanup(path: string): void;
}
