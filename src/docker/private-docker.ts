/**
 * Runs Docker with a private configuration that holds the registry login for as long as the run needs
 * it.
 */
import { TrustError } from '../errors.js';
import type { CheckedDocker } from './check-docker.js';
import { createDockerCli, type DockerCli } from './cli.js';
import { readVariable, userDockerConfig } from './environment.js';
import { isLoginRefusal } from './error-mapping.js';
import type { Machine } from '../ports.js';
import { createPrivateConfig, type PrivateConfig } from './private-config.js';

/** What `docker login` would be given. */
export interface DockerLogin {
  readonly username: string;
  readonly password: string;
  /** When the registry stops accepting it, if it does. */
  readonly expiresAt?: Date;
}

/** Docker with the run's own configuration. */
export interface PrivateDocker {
  readonly cli: DockerCli;
  readonly config: PrivateConfig;
  /** Of the run's own login; undefined where Docker has its own. */
  readonly loginExpiresAt?: Date;
}

/** What a private configuration is made from. */
export interface DockerUse {
  readonly docker: Pick<CheckedDocker, 'environment'>;
  /** The registry that the login is for. */
  readonly registry: string;
  /** A fresh login; undefined where Docker has its own or needs none. */
  readonly login: () => Promise<DockerLogin | undefined>;
}

type Surroundings = Pick<
  Machine,
  | 'exec'
  | 'signal'
  | 'clock'
  | 'log'
  | 'environment'
  | 'platform'
  | 'workingDirectory'
  | 'homeDirectory'
  | 'tempDirectory'
  | 'registerCleanup'
>;

/**
 * Runs `body` with a private configuration, in which there is a fresh registry login, and removes it,
 * whatever happens. A login that expired on the way is the cause of a refusal, not a missing role: with
 * a new one `body` runs once more. A builder then reuses what it has built, and what is in the registry
 * already is not sent again.
 * @param isRepeatable whether `body` gets further the second time
 * @throws {TrustError} REGISTRY_LOGIN_EXPIRED where another attempt cannot help, or did not;
 * INPUT_INVALID where the user's own config.json cannot be understood
 */
export async function withPrivateDocker<T>(
  use: DockerUse,
  machine: Surroundings,
  body: (docker: PrivateDocker) => Promise<T>,
  isRepeatable = true,
): Promise<T> {
  for (let isLast = !isRepeatable; ; isLast = true) {
    const docker = await openPrivateDocker(use, machine);
    try {
      return await useOnce(docker, machine.log, body);
    } catch (error) {
      const { loginExpiresAt } = docker;
      if (!loginExpiresAt || machine.clock() < loginExpiresAt || !isLoginRefusal(error))
        throw error;
      if (isLast) throw loginExpired(error, loginExpiresAt);
      machine.log.warn(
        'The registry login expired while Docker was at work. Running it again with a new one.',
      );
    }
  }
}

async function openPrivateDocker(use: DockerUse, machine: Surroundings): Promise<PrivateDocker> {
  const { exec, signal, platform, workingDirectory, tempDirectory, environment } = machine;
  const windows = platform === 'win32';
  const login = await use.login();
  const authConfig = readVariable(environment, 'DOCKER_AUTH_CONFIG', windows);
  const buildxConfig = readVariable(environment, 'BUILDX_CONFIG', windows);
  const config = await createPrivateConfig({
    userConfig: userDockerConfig(machine),
    tempDirectory,
    ...(login && {
      login: {
        registry: use.registry,
        username: login.username,
        password: login.password,
      },
    }),
    ...(authConfig !== undefined && { authConfig }),
    ...(buildxConfig !== undefined && { buildxConfig }),
    windows,
    onCreated: (path) => {
      machine.registerCleanup(path);
    },
  });
  const env = { ...use.docker.environment, ...config.env };
  const cli = createDockerCli({ exec, env, cwd: workingDirectory, signal });
  return { cli, config, ...(login?.expiresAt && { loginExpiresAt: login.expiresAt }) };
}

async function useOnce<T>(
  docker: PrivateDocker,
  log: Machine['log'],
  body: (docker: PrivateDocker) => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await body(docker);
  } catch (error) {
    // The primary failure is the one to report; what could not be removed is named beside it.
    await docker.config.dispose().catch((thrown: unknown) => {
      log.warn(`${docker.config.path} could not be removed: ${String(thrown)}`);
    });
    throw error;
  }
  await docker.config.dispose();
  return result;
}

function loginExpired(cause: TrustError, expiredAt: Date): TrustError {
  return new TrustError(
    'REGISTRY_LOGIN_EXPIRED',
    `The registry login expired at ${expiredAt.toISOString()}, before Docker had finished: ${cause.message}`,
    {
      remedy:
        'Shorten what Docker does with one login: let the builder use its cache (no-cache: false), or build with `command: build` and push with `command: push`.',
      cause,
    },
  );
}
