/** Gives a manifest that is in the registry, and signed, its tags. */
import { mapConcurrent } from '../../concurrency.js';
import { isTrustError, messageOf, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Manifest, RegistryClient } from '../../registry/index.js';
import type { ImageConfiguration } from '../configuration/types.js';
import { withTags, type Progress } from './registry-state.js';

/**
 * Puts the manifest under every tag, and notes what became of each.
 * @throws {TrustError} the first refusal, once all were tried.
 */
export async function putTags(
  images: RegistryClient,
  { gun, repository, tags }: ImageConfiguration,
  { bytes, mediaType, digest }: Manifest,
  progress: Progress,
): Promise<void> {
  const failures = await mapConcurrent(tags, limits.concurrentTags, async (tag) => {
    progress.state = withTags(progress.state, [tag], 'signed-unsettled');
    try {
      await images.putManifest(repository, tag, bytes, mediaType);
      return undefined;
    } catch (thrown) {
      // Without an answer it is not known whether the registry has it.
      if (isTrustError(thrown, 'PUSH_NOT_AUTHORIZED', 'PUSH_FAILED')) {
        progress.state = withTags(progress.state, [tag], 'signed-untagged');
      }
      return { thrown };
    }
  });
  const failed = failures.find((failure) => failure !== undefined);
  if (!failed) return;
  const { thrown } = failed;
  const isKnown = isTrustError(thrown);
  throw new TrustError(
    isKnown ? thrown.code : 'UNEXPECTED',
    `${gun} is signed for ${digest}, but not all of its tags could be put: ${messageOf(thrown)}`,
    {
      remedy:
        `${isKnown ? thrown.remedy : ''} Clients with content trust get the new image already, all others what the tags pointed to. Then run the step again.`.trim(),
      cause: thrown,
    },
  );
}
