/**
 * Checks Docker before anything happens, and runs it with a private configuration that holds the
 * registry login for as long as the run needs it.
 */
import {
  createDockerCli,
  createPrivateConfig,
  dockerCapabilities,
  dockerEnvironment,
  isLoginRefusal,
  namesReferredTo,
  readExtraArguments,
  readVariable,
  requireContentTrust,
  type DockerCapabilities,
  type DockerCli,
  type PrivateConfig,
} from '../../docker/index.js';
import { TrustError } from '../../errors.js';
import type { Log } from '../../ports.js';
import type { JobConfiguration } from './configuration.js';
import type { Run } from '../context.js';
import { proveTemporaryFolder } from '../report/report-file.js';
import { warnOfUnsetVariables } from './unset-variables.js';
import { userDockerConfig } from '../access/docker-home.js';
import type { Session } from '../access/access.js';

/** A Docker that suits the run. */
export interface CheckedDocker {
  readonly capabilities: DockerCapabilities;
  /** Undefined for a command that builds nothing. */
  readonly builder: 'classic' | 'buildx' | undefined;
  /** Of the buildx builder; undefined for any other. */
  readonly driver: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Docker with the run's own configuration. */
export interface PrivateDocker {
  readonly cli: DockerCli;
  readonly config: PrivateConfig;
  /** Of the run's own login; undefined where Docker has its own. */
  readonly loginExpiresAt?: Date;
}

/**
 * Asks Docker whether it can do what the run needs, once there is a place for its configurations.
 * @throws {TrustError} FILE_NOT_WRITTEN, DOCKER_NOT_FOUND, DOCKER_ENGINE_DOWN, DOCKER_UNSUITABLE
 */
export async function checkDocker(
  configuration: JobConfiguration,
  context: Run,
): Promise<CheckedDocker> {
  await proveTemporaryFolder(context);
  const { build, signing } = configuration;
  const { log, exec, signal, platform, workingDirectory } = context;
  const windows = platform === 'win32';
  const extra = readExtraArguments(build?.extraArguments ?? []);
  const caches = [...(build?.cacheFrom ?? []), ...(build?.cacheTo ?? []), ...extra.caches];
  const environment = dockerEnvironment(context.environment, {
    windows,
    passThrough: [
      ...configuration.passEnvironment,
      ...namesReferredTo(
        [...(build?.buildArgs ?? []), ...extra.buildArgs],
        [...(build?.secrets ?? []), ...extra.secrets],
      ),
    ],
    githubCache: caches.some((cache) => /(^|,)\s*type=gha\b/.test(cache)),
  });
  for (const warning of warnOfUnsetVariables(build, context)) log.warn(warning);
  const docker = createDockerCli({ exec, env: environment, cwd: workingDirectory, signal });
  const capabilities = dockerCapabilities(docker, {
    host: readVariable(environment, 'DOCKER_HOST', windows),
    context: readVariable(environment, 'DOCKER_CONTEXT', windows),
  });
  const client = await capabilities.client();
  if (signing?.engine === 'docker') await requireContentTrust(capabilities);
  const engine = await capabilities.engine();
  log.info(`Docker ${client.version}  engine ${engine.version}, ${engine.imageStore} image store`);
  const builder = build && (await chooseBuilder(build, capabilities));
  let driver: string | undefined;
  if (builder === 'buildx') {
    const facts = await capabilities.builder(build?.builderName);
    ({ driver } = facts);
    log.info(
      `buildx ${(await capabilities.buildx()) ?? ''}  builder ${facts.name}, driver ${driver}`,
    );
  } else if (builder === 'classic') {
    log.info('classic builder');
  }
  return { capabilities, builder, driver, environment };
}

async function chooseBuilder(
  build: NonNullable<JobConfiguration['build']>,
  capabilities: DockerCapabilities,
): Promise<'classic' | 'buildx'> {
  if (build.builder === 'classic') return 'classic';
  const hasBuildx = (await capabilities.buildx()) !== undefined;
  if (hasBuildx) return 'buildx';
  const needs =
    build.builder === 'buildx' ||
    build.platforms.length > 1 ||
    build.secrets.length > 0 ||
    build.cacheTo.length > 0 ||
    build.builderName !== undefined;
  if (!needs) return 'classic';
  throw new TrustError('DOCKER_UNSUITABLE', 'This Docker has no buildx, and the build needs it.', {
    remedy: 'Install the docker-buildx plugin on the agent, or leave out what only buildx can do.',
  });
}

/** What a private configuration is made from. */
interface DockerUse {
  readonly configuration: JobConfiguration;
  readonly docker: CheckedDocker;
  readonly session: Session;
}

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
  run: Run,
  body: (docker: PrivateDocker) => Promise<T>,
  isRepeatable = true,
): Promise<T> {
  for (let isLast = !isRepeatable; ; isLast = true) {
    const docker = await openPrivateDocker(use, run);
    try {
      return await useOnce(docker, run.log, body);
    } catch (error) {
      const { loginExpiresAt } = docker;
      if (!loginExpiresAt || run.clock() < loginExpiresAt || !isLoginRefusal(error)) throw error;
      if (isLast) throw loginExpired(error, loginExpiresAt);
      run.log.warn(
        'The registry login expired while Docker was at work. Running it again with a new one.',
      );
    }
  }
}

async function openPrivateDocker(
  { configuration, docker, session }: DockerUse,
  run: Run,
): Promise<PrivateDocker> {
  const { exec, signal, platform, workingDirectory, tempDirectory, environment } = run;
  const windows = platform === 'win32';
  const login = await session.dockerLogin();
  const authConfig = readVariable(environment, 'DOCKER_AUTH_CONFIG', windows);
  const buildxConfig = readVariable(environment, 'BUILDX_CONFIG', windows);
  const config = await createPrivateConfig({
    userConfig: userDockerConfig(run),
    tempDirectory,
    ...(login && {
      login: {
        registry: configuration.image.registry,
        username: login.username,
        password: login.password,
      },
    }),
    ...(authConfig !== undefined && { authConfig }),
    ...(buildxConfig !== undefined && { buildxConfig }),
    windows,
    onCreated: (path) => {
      run.registerCleanup(path);
    },
  });
  const env = { ...docker.environment, ...config.env };
  const cli = createDockerCli({ exec, env, cwd: workingDirectory, signal });
  return { cli, config, ...(login && { loginExpiresAt: login.expiresAt }) };
}

async function useOnce<T>(
  docker: PrivateDocker,
  log: Pick<Log, 'warn'>,
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
