/**
 * Pushes local images, tag by tag, without Docker's content trust, and tells what was pushed from the
 * engine's own record. The caller compares that with the registry's bytes.
 */
import { TrustError } from '../errors.js';
import type { Log } from '../ports.js';
import type { ContentDescriptor } from './build-record.js';
import type { DockerCli } from './cli.js';
import { pushFailure } from './error-mapping.js';
import { findLocalImage, requireTagPointsTo } from './images.js';

/** What a run put into a registry, according to Docker. */
export interface PushedContent {
  /** Digests of manifests or indexes, one of which is what was pushed; usually there is only one. */
  readonly candidates: readonly string[];
  /**
   * The engine's ID of the image: the digest of the manifest's config (classic store) or of the
   * manifest itself (containerd store). Absent when a builder pushed without the engine.
   */
  readonly imageId?: string;
  /** Digest of the image's config, where buildx recorded it. */
  readonly configDigest?: string;
  /** Media type, digest and size, where buildx recorded them. */
  readonly descriptor?: ContentDescriptor;
}

export interface PushRequest {
  /** Host and path, `contoso.azurecr.io/team/app`. */
  readonly repository: string;
  /** Full references into that repository. */
  readonly tags: readonly string[];
  /** The image that all tags must point to. */
  readonly imageId: string;
  /** Told what becomes of each reference, as soon as it is known. */
  readonly onProgress?: (reference: string, progress: PushProgress) => void;
  /** Told when the registry has taken all of them, before the engine is asked what it has pushed. */
  readonly onPushed?: () => void;
}

/** What is known of a reference: from `pushing` on the registry may have it. */
export type PushProgress = 'pushing' | 'refused' | 'unsigned' | 'maybe-signed';

/**
 * Pushes every tag.
 * @throws {TrustError} PUSH_FAILED, PUSH_NOT_AUTHORIZED, DOCKER_ENGINE_DOWN, TAG_MOVED
 */
export async function pushTags(
  docker: DockerCli,
  request: PushRequest,
  log: Pick<Log, 'info'>,
): Promise<PushedContent> {
  for (const tag of request.tags) {
    await requireTagPointsTo(docker, tag, request.imageId);
    log.info(`docker push ${tag}`);
    request.onProgress?.(tag, 'pushing');
    const result = await docker(['push', tag], {
      echo: true,
      env: { DOCKER_CONTENT_TRUST: '0' },
    });
    if (result.exitCode !== 0) throw refusedOrBroken(request, tag, pushFailure(tag, result));
    request.onProgress?.(tag, 'unsigned');
  }
  request.onPushed?.();
  return pushedContent(docker, request.repository, request.imageId);
}

/** `failure`, which is noted if it says that the registry has not taken the reference. */
export function refusedOrBroken(
  { onProgress }: Pick<PushRequest, 'onProgress'>,
  reference: string,
  failure: TrustError,
): TrustError {
  // All else may have been said after the registry had taken it.
  if (failure.code === 'PUSH_NOT_AUTHORIZED') onProgress?.(reference, 'refused');
  return failure;
}

/**
 * The engine's record of what `repository` holds of an image, to be called after a push. It may name
 * more than one manifest: RepoDigests also remembers earlier pushes and pulls of the same image.
 * @throws {TrustError} PUSH_FAILED where there is no such record
 */
export async function pushedContent(
  docker: DockerCli,
  repository: string,
  imageId: string,
): Promise<PushedContent> {
  const image = await findLocalImage(docker, imageId);
  const prefix = `${repository}@`;
  const candidates = (image?.repoDigests ?? [])
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length));
  if (candidates.length === 0) {
    throw new TrustError(
      'PUSH_FAILED',
      `The engine has no record of having pushed ${imageId} to ${repository}`,
      { remedy: 'Check that nothing removes images from this engine while the step runs.' },
    );
  }
  return { candidates, imageId };
}
