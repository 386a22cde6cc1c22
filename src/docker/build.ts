/**
 * Runs a build and says what came of it, from Docker's own record. It signs nothing and trusts no
 * line of the build's output.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { TrustError } from '../errors.js';
import type { Log } from '../ports.js';
import {
  type BuildRequest,
  buildArguments,
  builderEnvironment,
  printableCommand,
} from './build-arguments.js';
import { type BuildRecord, readBuildRecord } from './build-record.js';
import type { DockerCli } from './cli.js';
import { buildFailure } from './error-mapping.js';
import { findLocalImage } from './images.js';
import { type PushedContent } from './push.js';
import { trustedBuildFailure } from './signing-error-mapping.js';

/** What a build left: an image in the engine, or content in the registry. */
export type BuildResult =
  | { readonly kind: 'loaded'; readonly imageId: string }
  | { readonly kind: 'pushed'; readonly content: PushedContent };

interface BuildRunOptions {
  /** An existing folder for the builder's record files; they are removed again. */
  readonly tempDirectory: string;
  readonly log: Pick<Log, 'info'>;
  /**
   * Docker's own content trust for the base images (classic builder): `FROM` tags are replaced by
   * verified digests. The server is asked where given, otherwise each registry's own.
   */
  readonly contentTrust?: { readonly server?: string };
  /** Whether the Dockerfile is another one than the user's, with its base images pinned. */
  readonly isPinned?: boolean;
  /** For this build only. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs the build.
 * @throws {TrustError} BUILD_FAILED, PUSH_FAILED, PUSH_NOT_AUTHORIZED, DOCKER_UNSUITABLE,
 * DOCKER_ENGINE_DOWN, TAG_MOVED, BASE_IMAGE_UNSIGNED and TRUST_DATA_* (with content trust), and
 * those of checkBuildRequest
 */
export async function runBuild(
  docker: DockerCli,
  request: BuildRequest,
  options: BuildRunOptions,
): Promise<BuildResult> {
  const folder = await mkdtemp(join(options.tempDirectory, 'acr-content-trust-build-'));
  try {
    const files = {
      iidFile: join(folder, 'image-id'),
      metadataFile: join(folder, 'metadata.json'),
    };
    const args = buildArguments(request, files);
    options.log.info(printableCommand(args));
    const result = await docker(args, {
      echo: true,
      env: {
        ...builderEnvironment(request.builder),
        ...trustEnvironment(request, options),
        ...options.environment,
      },
    });
    if (result.exitCode !== 0) {
      const run = { pushes: request.output.kind !== 'load', isPinned: options.isPinned === true };
      throw options.contentTrust === undefined
        ? buildFailure(result, run)
        : trustedBuildFailure(result, run);
    }
    const record = await readBuildRecord(files);
    return request.output.kind === 'load'
      ? { kind: 'loaded', imageId: await loadedImage(docker, request, record) }
      : { kind: 'pushed', content: pushedByBuilder(record) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function trustEnvironment(
  request: BuildRequest,
  { contentTrust }: BuildRunOptions,
): Record<string, string> {
  if (contentTrust === undefined) return { DOCKER_CONTENT_TRUST: '0' };
  if (request.builder !== 'classic') {
    throw new TrustError(
      'INPUT_CONFLICT',
      'BuildKit does not verify base images by content trust',
      {
        remedy:
          'Use the classic builder, or `engine: native`, which pins verified base images itself.',
      },
    );
  }
  return {
    DOCKER_CONTENT_TRUST: '1',
    ...(contentTrust.server === undefined
      ? {}
      : { DOCKER_CONTENT_TRUST_SERVER: contentTrust.server }),
  };
}

/**
 * The ID of the image just built. The record and the tag are compared at once, so that a tag moved
 * by another build in between is noticed; buildx records the config's digest even where the engine
 * names images by their manifest (containerd store), hence several acceptable IDs.
 */
async function loadedImage(
  docker: DockerCli,
  request: BuildRequest,
  record: BuildRecord,
): Promise<string> {
  const [tag = ''] = request.tags;
  const image = await findLocalImage(docker, tag);
  const built = [record.imageId, record.digest, record.configDigest].filter((d) => d !== undefined);
  if (image === undefined || built.length === 0) {
    throw new TrustError(
      'BUILD_FAILED',
      `The build succeeded, but the engine has no record of ${tag}`,
      {
        remedy: 'Check that the builder loads its result into the engine this step pushes from.',
      },
    );
  }
  if (!built.includes(image.id)) {
    throw new TrustError(
      'TAG_MOVED',
      `This run built ${built[0] ?? ''}, but the local tag ${tag} is ${image.id}: something else on this engine tagged it`,
      { remedy: 'Let runs that share an engine use different tags, or not run at the same time.' },
    );
  }
  return image.id;
}

function pushedByBuilder(record: BuildRecord): PushedContent {
  const { digest, descriptor, configDigest } = record;
  const candidates = [...new Set([descriptor?.digest, digest])].filter((d) => d !== undefined);
  if (candidates.length === 0) {
    throw new TrustError('PUSH_FAILED', 'buildx did not record the digest of what it pushed', {
      remedy: 'Update buildx (0.6 or newer writes it), or build and push in two steps.',
    });
  }
  return {
    candidates,
    // With the driver `docker` and the containerd store buildx writes the index's digest here too.
    ...(configDigest === undefined || candidates.includes(configDigest) ? {} : { configDigest }),
    ...(descriptor === undefined ? {} : { descriptor }),
  };
}
