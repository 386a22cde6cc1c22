/**
 * What this run pushed: the digests Docker recorded, held against the bytes the registry serves for
 * them. A tag of the registry is never asked what was pushed, only whether it still agrees.
 */
import { mapConcurrent } from '../concurrency.js';
import { TrustError } from '../errors.js';
import { isRecord, parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Manifest, RegistryClient } from '../registry/index.js';
import type { PushedContent } from './push.js';

/** The tags of a repository under which it was pushed. */
interface PushedTags {
  /** Registry and repository. */
  readonly gun: string;
  readonly repository: string;
  readonly tags: readonly string[];
}

/** What each tag points to, if anything. */
export function lookUpPushed(
  images: RegistryClient,
  { repository, tags }: Pick<PushedTags, 'repository' | 'tags'>,
): Promise<readonly (Manifest | undefined)[]> {
  return mapConcurrent(tags, limits.concurrentTags, (tag) => images.getManifest(repository, tag));
}

/**
 * Finds the manifest that was pushed and checks that every tag points to it.
 * @param tagged what `lookUpPushed` has found since the push.
 * @throws {TrustError} MANIFEST_NOT_FOUND, DIGEST_MISMATCH, TAG_MOVED
 */
export async function resolvePushed(
  images: RegistryClient,
  { gun, repository, tags }: PushedTags,
  content: PushedContent,
  tagged: readonly (Manifest | undefined)[],
): Promise<Manifest> {
  const manifests = await Promise.all(
    content.candidates.map(
      async (digest) =>
        tagged.find((manifest) => manifest?.digest === digest) ??
        (await images.getManifest(repository, digest)),
    ),
  );
  const served = manifests.filter((manifest) => manifest !== undefined);
  if (served.length === 0) {
    throw new TrustError(
      'MANIFEST_NOT_FOUND',
      `${gun} does not have what Docker says it pushed: ${content.candidates.join(', ')}.`,
      { remedy: 'Check that nothing deletes images of this repository, and run the step again.' },
    );
  }
  const matching = served.filter((manifest) => isRecorded(manifest, content));
  // An engine that pushed the same image before may remember other manifests of it.
  const pushed =
    matching.length === 1
      ? matching[0]
      : matching.find(({ digest }) => tagged.every((manifest) => manifest?.digest === digest));
  if (!pushed) {
    throw new TrustError(
      'DIGEST_MISMATCH',
      `What ${gun} serves is not what Docker recorded: ${served.map(({ digest }) => digest).join(', ')}.`,
      { remedy: 'Run the step again. If it happens again, look who else pushes these tags.' },
    );
  }
  tags.forEach((tag, index) => {
    const found = tagged[index]?.digest;
    if (found === pushed.digest) return;
    throw new TrustError(
      'TAG_MOVED',
      `${gun}:${tag} points to ${found ?? 'nothing'}, not to ${pushed.digest}, which this run pushed: another run moved the tag since.`,
      { remedy: 'Run the step again, or let the other run have the tag.' },
    );
  });
  return pushed;
}

/** Whether the manifest's own content agrees with Docker's record of the image. */
function isRecorded(
  manifest: Manifest,
  { imageId, configDigest, descriptor }: PushedContent,
): boolean {
  if (descriptor?.digest === manifest.digest) return descriptor.size === manifest.length;
  if (imageId === manifest.digest) return true;
  const config = parseJsonObject(manifest.bytes)?.config;
  const actual = isRecord(config) ? config.digest : undefined;
  const expected = configDigest ?? imageId;
  // An index has no config of its own; the digest that buildx recorded has to do.
  return actual === undefined || expected === undefined
    ? imageId === undefined
    : actual === expected;
}
