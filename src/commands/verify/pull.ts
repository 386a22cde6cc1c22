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
  userDockerConfig,
  type DockerCli,
} from '../../docker/index.js';
import { TrustError } from '../../errors.js';
import type { ExecResult } from '../../ports.js';
import type { Run } from '../context.js';
import type { Verdict } from '../verification/verdict.js';

/** Pulls; made before anything is verified, so that a missing Docker is found first. */
type Puller = (verified: readonly Verdict[]) => Promise<void>;

/** @throws {TrustError} DOCKER_NOT_FOUND, DOCKER_ENGINE_DOWN */
export async function openPuller(passThrough: readonly string[], run: Run): Promise<Puller> {
  const { exec, signal, platform, workingDirectory } = run;
  const windows = platform === 'win32';
  const environment = dockerEnvironment(run.environment, { windows, passThrough });
  const cliWith = (env: Readonly<Record<string, string>>): DockerCli =>
    createDockerCli({ exec, env, cwd: workingDirectory, signal });
  await dockerCapabilities(cliWith(environment), {
    host: readVariable(environment, 'DOCKER_HOST', windows),
    context: readVariable(environment, 'DOCKER_CONTEXT', windows),
  }).engine();
  return async (verified) => {
    for (const host of new Set(verified.map(({ request }) => request.image.host))) {
      const verdicts = verified.filter(({ request }) => request.image.host === host);
      const config = await privateConfig(host, verdicts, run);
      try {
        const docker = cliWith({ ...environment, ...config.env });
        for (const verdict of verdicts) await pullOne(docker, verdict, run);
      } finally {
        await config.dispose();
      }
    }
  };
}

async function privateConfig(
  registry: string,
  [first]: readonly Verdict[],
  run: Run,
): ReturnType<typeof createPrivateConfig> {
  const windows = run.platform === 'win32';
  const image = { host: registry, repository: first?.request.image.repository ?? '' };
  // It was opened when the trust data was read.
  const session = await run.access.sessionToRead(image, undefined);
  const login = await session.dockerLogin();
  const authConfig = readVariable(run.environment, 'DOCKER_AUTH_CONFIG', windows);
  return createPrivateConfig({
    userConfig: userDockerConfig(run),
    tempDirectory: run.tempDirectory,
    ...(login ? { login: { registry, ...login } } : {}),
    ...(authConfig === undefined ? {} : { authConfig }),
    windows,
    onCreated: (folder) => {
      run.registerCleanup(folder);
    },
  });
}

async function pullOne(
  docker: DockerCli,
  { request: { gun, tag }, digest = '' }: Verdict,
  { log }: Pick<Run, 'log'>,
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
