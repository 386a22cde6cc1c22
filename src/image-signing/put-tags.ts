/** Gives a manifest that is in the registry, and signed, its tags. */
import type { AccessRun } from '../access/index.js';
import { mapConcurrent } from '../concurrency.js';
import { isTrustError, messageOf, TrustError } from '../errors.js';
import { limits } from '../limits.js';
import {
  lookUpTags,
  movedBefore,
  type Manifest,
  type RegistryClient,
  type TagDigests,
} from '../registry/index.js';
import type { ImageConfiguration } from './configuration.js';
import { reconcileTags, type Reconciliation } from './reconcile-tags.js';
import { withTags, type Progress } from './registry-state.js';
import { lookAfterSigning, requireNoneMoved } from './sign-tags.js';

const byContentTrust =
  ' Clients with content trust get the new image already, all others what the tags pointed to.';

/**
 * Puts the manifest under those of its tags that do not point to it, and reconciles all of them.
 * @param found what the tags point to; without it, all are put.
 * @returns how many tags were put.
 * @throws {TrustError} as {@link putTags} and reconcileTags.
 */
export async function tagSigned(
  reconciliation: Reconciliation,
  progress: Progress,
  run: AccessRun,
  found?: TagDigests,
): Promise<number> {
  const { images, image, manifest } = reconciliation;
  const missing = image.tags.filter((tag) => found?.get(tag) !== manifest.digest);
  await putTags(images, { ...image, tags: missing }, manifest, progress);
  await reconcileTags(reconciliation, progress, run);
  for (const tag of image.tags) run.log.info(`${image.gun}:${tag}  ${manifest.digest}`);
  return missing.length;
}

/**
 * As {@link tagSigned}, where no trust data says which run is the last: the one is that put the tag last.
 * @throws {TrustError} as {@link putTags} and {@link requireTags}.
 */
export async function tagAttached(
  { images, image, manifest }: Pick<Reconciliation, 'images' | 'image' | 'manifest'>,
  progress: Progress,
  run: AccessRun,
  found?: TagDigests,
): Promise<number> {
  const missing = image.tags.filter((tag) => found?.get(tag) !== manifest.digest);
  await putTags(images, { ...image, tags: missing }, manifest, progress, '');
  await requireTags(images, image, manifest, progress, run);
  return missing.length;
}

/**
 * Looks whether the tags point to what was signed, where no trust data decides that.
 * @throws {TrustError} TAG_MOVED where another run has moved one.
 */
export async function requireTags(
  images: RegistryClient,
  image: ImageConfiguration,
  manifest: Manifest,
  progress: Progress,
  { log }: AccessRun,
): Promise<void> {
  const { gun, tags } = image;
  const found = await lookAfterSigning(gun, lookUpTags(images, image, tags), log);
  if (!found) return;
  const moved = movedBefore(gun, new Map(tags.map((tag) => [tag, manifest])), found);
  progress.state = withTags(withTags(progress.state, tags, 'signed'), moved.keys(), 'moved');
  requireNoneMoved(gun, moved);
  for (const tag of tags) log.info(`${gun}:${tag}  ${manifest.digest}`);
}

/**
 * Puts the manifest under every tag, and notes what became of each.
 * @param whoGetsIt said of a failure, after what helps.
 * @throws {TrustError} the first refusal, once all were tried.
 */
export async function putTags(
  images: RegistryClient,
  { gun, repository, tags }: ImageConfiguration,
  { bytes, mediaType, digest }: Manifest,
  progress: Progress,
  whoGetsIt = byContentTrust,
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
      remedy: `${isKnown ? thrown.remedy : ''}${whoGetsIt} Then run the step again.`.trim(),
      cause: thrown,
    },
  );
}
