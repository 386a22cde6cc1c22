/** Builds the image, with its base images pinned. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  copyDockerfile,
  fitsDockerContentTrust,
  pinForBuildKit,
  pinForClassicBuilder,
  policyVariable,
  runBuild,
  type BuildResult,
} from '../../docker/index.js';
import type { JobConfiguration } from './configuration.js';
import type { Run } from '../context.js';
import type { BaseImageReport } from '../report/report.js';
import type { BaseImageDecisions } from './base-images.js';
import type { PrivateDocker } from './docker-setup.js';
import type { PreparedBuild } from './prepare-build.js';

/**
 * Builds. With the docker engine and base images all proven, Docker's own content trust is in
 * force too, unless the Dockerfile has what Docker's simple reader misreads.
 * @throws {TrustError} BUILD_FAILED and what runBuild throws
 */
export async function buildImage(
  { request, dockerfile }: PreparedBuild,
  decisions: BaseImageDecisions | undefined,
  configuration: JobConfiguration,
  { cli }: PrivateDocker,
  { tempDirectory, log }: Run,
): Promise<BuildResult> {
  const plan =
    dockerfile && decisions
      ? (request.builder === 'buildx' ? pinForBuildKit : pinForClassicBuilder)(
          dockerfile.text,
          decisions.bases,
          decisions.digests,
        )
      : { buildContexts: [] };
  const contentTrust =
    dockerfile && fitsDockerContentTrust(plan.dockerfile ?? dockerfile.text)
      ? dockerContentTrust(configuration, decisions?.reports)
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

function dockerContentTrust(
  { signing, build, trustServer, image }: JobConfiguration,
  baseImages: readonly BaseImageReport[] = [],
): { readonly server?: string } | undefined {
  if (signing?.engine !== 'docker' || build?.baseImages === 'ignore') return undefined;
  // Docker refuses every unsigned base image, which is more than "pin-signed" asks for.
  if (baseImages.some(({ status }) => status === 'unsigned' || status === 'not-checked')) {
    return undefined;
  }
  return trustServer === `https://${image.registry}` ? {} : { server: trustServer };
}
