/**
 * The one way this folder runs `docker`: argv array, environment given in full, never a shell. It
 * judges no exit code; it only turns "there is no such program" into an error a user understands.
 */
import { TrustError } from '../errors.js';
import { type Exec, type ExecResult, ExecutableNotFoundError } from '../ports.js';

/** What every call of the Docker CLI shares. */
interface DockerCliOptions {
  readonly exec: Exec;
  /** The whole environment of each call, normally made by `dockerEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** Relative paths of a build (context, Dockerfile, secrets) are relative to this. */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Default: `docker`. */
  readonly program?: string;
}

/** What one call may differ in. */
interface DockerCall {
  /** Added to, and winning over, the shared environment for this child only. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly echo?: boolean;
}

/** Runs `docker` with `args`. @throws {TrustError} DOCKER_NOT_FOUND */
export type DockerCli = (args: readonly string[], call?: DockerCall) => Promise<ExecResult>;

/** Makes a {@link DockerCli} of a host's {@link Exec}. */
export function createDockerCli(options: DockerCliOptions): DockerCli {
  const program = options.program ?? 'docker';
  return async (args, call = {}) => {
    try {
      return await options.exec(program, args, {
        env: { ...options.env, ...call.env },
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(call.input === undefined ? {} : { input: call.input }),
        echo: call.echo ?? false,
      });
    } catch (error) {
      if (!(error instanceof ExecutableNotFoundError)) throw error;
      throw new TrustError('DOCKER_NOT_FOUND', `There is no program "${program}" on the PATH`, {
        remedy:
          'Install the Docker CLI on this agent (on Azure Pipelines: DockerInstaller@0), or put its folder on the PATH. ' +
          'Signing and verifying images that are already in the registry needs no Docker.',
        cause: error,
      });
    }
  };
}
