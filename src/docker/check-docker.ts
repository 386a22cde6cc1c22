/** Checks, before anything happens, that Docker suits the run. */
import { startInBackground } from '../concurrency.js';
import { TrustError } from '../errors.js';
import type { BuildRequest } from './build-arguments.js';
import {
  dockerCapabilities,
  requireContentTrust,
  type DockerCapabilities,
} from './capabilities.js';
import { createDockerCli } from './cli.js';
import {
  dockerEnvironment,
  namesReferredTo,
  readVariable,
  unsetVariableWarnings,
} from './environment.js';
import { readExtraArguments } from './extra-arguments.js';
import type { Machine } from '../ports.js';

/** A build as it is asked for, before it is known who builds. */
export interface WantedBuild extends Omit<BuildRequest, 'builder' | 'tags' | 'output'> {
  readonly builder: 'auto' | 'buildx' | 'classic';
}

/** What a run needs of Docker. */
export interface DockerNeeds {
  /** Undefined where nothing is built. */
  readonly build: WantedBuild | undefined;
  /** Whether the Docker CLI signs. */
  readonly signs: boolean;
  /** Variables to pass on besides those that Docker always gets. */
  readonly passEnvironment: readonly string[];
}

/** A Docker that suits the run. */
export interface CheckedDocker {
  readonly capabilities: DockerCapabilities;
  /** Undefined where nothing is built. */
  readonly builder: 'classic' | 'buildx' | undefined;
  /** Of the buildx builder; undefined for any other. */
  readonly driver: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/** Docker as child processes with `environment` see it; nothing is asked yet. */
export function openDocker(
  environment: Readonly<Record<string, string>>,
  {
    exec,
    signal,
    platform,
    workingDirectory: cwd,
  }: Pick<Machine, 'exec' | 'signal' | 'platform' | 'workingDirectory'>,
): DockerCapabilities {
  const windows = platform === 'win32';
  return dockerCapabilities(createDockerCli({ exec, env: environment, cwd, signal }), {
    host: readVariable(environment, 'DOCKER_HOST', windows),
    context: readVariable(environment, 'DOCKER_CONTEXT', windows),
  });
}

/**
 * Asks Docker whether it can do what the run needs.
 * @throws {TrustError} DOCKER_NOT_FOUND, DOCKER_ENGINE_DOWN, DOCKER_UNSUITABLE
 */
export async function checkDocker(
  { build, signs, passEnvironment }: DockerNeeds,
  machine: Pick<
    Machine,
    'exec' | 'signal' | 'log' | 'environment' | 'platform' | 'workingDirectory' | 'nameInput'
  >,
): Promise<CheckedDocker> {
  const { log, platform } = machine;
  const windows = platform === 'win32';
  const { buildArgs = [], secrets = [], cacheFrom = [], cacheTo = [] } = build ?? {};
  const extra = readExtraArguments(build?.extraArguments ?? []);
  const caches = [...cacheFrom, ...cacheTo, ...extra.caches];
  const referred = namesReferredTo(
    [...buildArgs, ...extra.buildArgs],
    [...secrets, ...extra.secrets],
  );
  const environment = dockerEnvironment(machine.environment, {
    windows,
    passThrough: [...passEnvironment, ...referred],
    githubCache: caches.some((cache) => /(^|,)\s*type=gha\b/.test(cache)),
  });
  for (const warning of unsetVariableWarnings({ buildArgs, secrets }, machine)) log.warn(warning);
  const capabilities = openDocker(environment, machine);
  // Each answer takes as long as a request; which failure counts is decided below.
  void startInBackground(capabilities.engine());
  if (build && build.builder !== 'classic') void startInBackground(capabilities.buildx());
  const client = await capabilities.client();
  if (signs) await requireContentTrust(capabilities);
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
  { builder, platforms = [], secrets = [], cacheTo = [], builderName }: WantedBuild,
  capabilities: DockerCapabilities,
): Promise<'classic' | 'buildx'> {
  if (builder === 'classic') return 'classic';
  if ((await capabilities.buildx()) !== undefined) return 'buildx';
  const needsBuildx =
    builder === 'buildx' ||
    platforms.length > 1 ||
    secrets.length > 0 ||
    cacheTo.length > 0 ||
    builderName !== undefined;
  if (!needsBuildx) return 'classic';
  throw new TrustError('DOCKER_UNSUITABLE', 'This Docker has no buildx, and the build needs it.', {
    remedy: 'Install the docker-buildx plugin on the agent, or leave out what only buildx can do.',
  });
}
