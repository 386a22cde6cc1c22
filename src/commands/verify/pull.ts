/**
 * Pulls verified images by digest and gives them the tag that was asked for. Docker's own content
 * trust is not needed for that, and newer versions have none: the digest says it all.
 */
import { checkDocker, withPrivateDocker, type DockerCli } from '../../docker/index.js';
import { TrustError } from '../../errors.js';
import type { ExecResult } from '../../ports.js';
import type { Run } from '../run.js';
import type { Verdict } from '../../verification/index.js';

/** Pulls; made before anything is verified, so that a missing Docker is found first. */
type Puller = (verified: readonly Verdict[]) => Promise<void>;

/** @throws {TrustError} DOCKER_NOT_FOUND, DOCKER_ENGINE_DOWN */
export async function openPuller(passEnvironment: readonly string[], run: Run): Promise<Puller> {
  const docker = await checkDocker({ build: undefined, signs: false, passEnvironment }, run);
  return async (verified) => {
    for (const registry of new Set(verified.map(({ request }) => request.image.host))) {
      const verdicts = verified.filter(({ request }) => request.image.host === registry);
      const { repository = '' } = verdicts[0]?.request.image ?? {};
      // It was opened when the trust data was read.
      const session = await run.access.sessionToRead({ host: registry, repository }, undefined);
      await withPrivateDocker({ docker, registry, login: session.dockerLogin }, run, ({ cli }) =>
        pullAll(cli, verdicts, run),
      );
    }
  };
}

async function pullAll(
  docker: DockerCli,
  verdicts: readonly Verdict[],
  { log }: Pick<Run, 'log'>,
): Promise<void> {
  for (const { request, digest = '' } of verdicts) {
    const { gun, tag } = request;
    const name = `${gun}@${digest}`;
    log.info(`docker pull ${name}`);
    const pulled = await docker(['pull', name], { echo: true });
    if (pulled.exitCode !== 0) throw failure(`${name} could not be pulled`, pulled);
    if (tag === undefined) continue;
    log.info(`docker tag ${name} ${gun}:${tag}`);
    const tagged = await docker(['tag', name, `${gun}:${tag}`]);
    if (tagged.exitCode !== 0) throw failure(`${name} could not be tagged as ${tag}`, tagged);
  }
}

function failure(what: string, { exitCode, stderr }: ExecResult): TrustError {
  const words = stderr.trim().split(/\r?\n/).at(-1) ?? '';
  return new TrustError('PULL_FAILED', `${what} (exit code ${exitCode}): ${words}`, {
    remedy:
      'The engine pulls by itself, with its own network and proxy: check that it can reach the registry, and has the space.',
  });
}
