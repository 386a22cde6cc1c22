/**
 * Pulls verified images by digest and gives them the tag that was asked for. Docker's own content
 * trust is not needed for that, and newer versions have none: the digest says it all.
 */
import {
  createDockerCli,
  createPrivateConfig,
  dockerCapabilities,
  dockerEnvironment,
  readVariable,
  type DockerCli,
} from '../../docker/index.js';
import { TrustError } from '../../errors.js';
import type { ExecResult, Log } from '../../ports.js';
import type { RunContext } from '../context.js';
import { userDockerConfig } from '../access/docker-home.js';
import type { Access } from './access.js';
import type { ImageRequest } from './requests.js';
import type { Verdict } from './verdict.js';

/** Pulls; made before anything is verified, so that a missing Docker is found first. */
export interface Puller {
  pull(verified: readonly Verdict[], access: Access, log: Log): Promise<void>;
}

/** @throws {TrustError} DOCKER_NOT_FOUND, DOCKER_ENGINE_DOWN */
export async function openPuller(
  passEnvironment: readonly string[],
  context: RunContext,
): Promise<Puller> {
  const { exec, signal, platform, workingDirectory } = context;
  const windows = platform === 'win32';
  const environment = dockerEnvironment(context.environment, {
    windows,
    passThrough: passEnvironment,
  });
  const cliWith = (env: Readonly<Record<string, string>>): DockerCli =>
    createDockerCli({ exec, env, cwd: workingDirectory, signal });
  await dockerCapabilities(cliWith(environment), {
    host: readVariable(environment, 'DOCKER_HOST', windows),
    context: readVariable(environment, 'DOCKER_CONTEXT', windows),
  }).engine();
  return {
    pull: async (verified, access, log) => {
      const hosts = new Map<string, Verdict[]>();
      for (const verdict of verified) {
        const { host } = verdict.request.image;
        hosts.set(host, [...(hosts.get(host) ?? []), verdict]);
      }
      for (const [host, verdicts] of hosts) {
        const config = await privateConfig(host, verdicts, access, context);
        try {
          const cli = cliWith({ ...environment, ...config.env });
          for (const { request, digest } of verdicts) await pullOne(cli, request, digest, log);
        } finally {
          await config.dispose();
        }
      }
    },
  };
}

async function privateConfig(
  host: string,
  [first]: readonly Verdict[],
  access: Access,
  context: RunContext,
): ReturnType<typeof createPrivateConfig> {
  const windows = context.platform === 'win32';
  const opened = await access.to(host, first?.request.image.repository ?? '');
  const login = await opened.dockerLogin();
  const authConfig = readVariable(context.environment, 'DOCKER_AUTH_CONFIG', windows);
  return createPrivateConfig({
    userConfig: userDockerConfig(context),
    tempDirectory: context.tempDirectory,
    ...(login ? { login: { registry: host, ...login } } : {}),
    ...(authConfig === undefined ? {} : { authConfig }),
    windows,
    onCreated: (folder) => {
      context.registerCleanup(folder);
    },
  });
}

async function pullOne(
  docker: DockerCli,
  { gun, tag }: ImageRequest,
  digest = '',
  log: Log,
): Promise<void> {
  const name = `${gun}@${digest}`;
  log.info(`docker pull ${name}`);
  const pulled = await docker(['pull', name], { echo: true });
  if (pulled.exitCode !== 0) throw failure(`${name} could not be pulled`, pulled);
  if (tag === undefined) return;
  log.info(`docker tag ${name} ${gun}:${tag}`);
  const tagged = await docker(['tag', name, `${gun}:${tag}`]);
  if (tagged.exitCode !== 0) throw failure(`${name} could not be tagged as ${tag}`, tagged);
}

function failure(what: string, { exitCode, stderr }: ExecResult): TrustError {
  const words = stderr.trim().split(/\r?\n/).at(-1) ?? '';
  return new TrustError('PULL_FAILED', `${what} (exit code ${exitCode}): ${words}`, {
    remedy:
      'The engine pulls by itself, with its own network and proxy: check that it can reach the registry, and has the space.',
  });
}
