/** Builds the image, with its base images pinned. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runBuild, type BuildResult } from './build.js';
import type { DockerCli } from './cli.js';
import { copyDockerfile } from './dockerfile-copy.js';
import {
  fitsDockerContentTrust,
  pinForBuildKit,
  pinForClassicBuilder,
} from './dockerfile/index.js';
import type { Machine } from '../ports.js';
import type { PreparedBuild } from './prepare-build.js';
import { policyVariable } from './source-policy/index.js';
import { isProven, type BaseImageDecisions } from './verify-base-images.js';

/** What a build is run with besides its request. */
interface PinnedBuild {
  /** Undefined where base images are not verified. */
  readonly decisions: BaseImageDecisions | undefined;
  /** Docker's own content trust, wanted where the Docker CLI signs; and its server, if not the registry. */
  readonly contentTrust: { readonly server?: string } | undefined;
}

/**
 * Builds. Docker's own content trust applies too if it is wanted and all base images are proven,
 * unless the Dockerfile has what Docker's simple reader misreads.
 * @throws {TrustError} BUILD_FAILED and what runBuild throws
 */
export async function buildPinned(
  { request, dockerfile }: PreparedBuild,
  { decisions, contentTrust: wanted }: PinnedBuild,
  cli: DockerCli,
  { tempDirectory, log }: Pick<Machine, 'tempDirectory' | 'log'>,
): Promise<BuildResult> {
  const plan =
    dockerfile && decisions
      ? (request.builder === 'buildx' ? pinForBuildKit : pinForClassicBuilder)(
          dockerfile.text,
          decisions.bases,
          decisions.digests,
        )
      : { buildContexts: [] };
  // Docker refuses every unsigned base image, which is more than "pin-signed" asks for.
  const isAllProven = decisions?.reports.every(isProven) ?? true;
  const contentTrust =
    isAllProven && dockerfile && fitsDockerContentTrust(plan.dockerfile ?? dockerfile.text)
      ? wanted
      : undefined;
  const options = { tempDirectory, log, ...(contentTrust ? { contentTrust } : {}) };
  if (!dockerfile || !decisions) return runBuild(cli, request, options);

  const folder = await mkdtemp(path.join(tempDirectory, 'acr-content-trust-dockerfile-'));
  try {
    const pinned = {
      ...request,
      buildContexts: plan.buildContexts,
      dockerfile: await copyDockerfile(folder, dockerfile, plan.dockerfile),
    };
    return await runBuild(cli, pinned, {
      ...options,
      isPinned: plan.dockerfile !== undefined || plan.buildContexts.length > 0,
      environment: await policyEnvironment(folder, decisions.sourcePolicy),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function policyEnvironment(
  folder: string,
  sourcePolicy: string | undefined,
): Promise<Record<string, string>> {
  if (sourcePolicy === undefined) return {};
  const file = path.join(folder, 'source-policy.json');
  await writeFile(file, sourcePolicy, { mode: 0o600, flag: 'wx' });
  return { [policyVariable]: file };
}
