/** What tags of a registry point to, and the failures of those that were moved. */
import { mapConcurrent } from '../concurrency.js';
import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { RegistryClient } from './manifests.js';

/** Digests by tag; undefined for a tag that does not exist. */
export type TagDigests = ReadonlyMap<string, string | undefined>;

/** Asks the registry for all `tags`, or digests. @throws {TrustError} as getManifest does. */
export async function lookUpTags(
  images: RegistryClient,
  { repository }: { readonly repository: string },
  tags: Iterable<string>,
): Promise<TagDigests> {
  return new Map(
    await mapConcurrent(
      [...tags],
      limits.concurrentTags,
      async (tag) => [tag, (await images.getManifest(repository, tag))?.digest] as const,
    ),
  );
}

/**
 * The tags that are not what is to be signed any more, each with its failure.
 * @param absent tags that need not exist yet.
 */
export function movedBefore(
  gun: string,
  contents: Contents,
  digests: TagDigests,
  absent?: ReadonlySet<string>,
): ReadonlyMap<string, TrustError> {
  return differing(contents, digests, absent, (tag, digest, found) => {
    const isDigest = tag.includes(':');
    return new TrustError(
      'TAG_MOVED',
      found === undefined
        ? `${gun}${isDigest ? '@' : ':'}${tag} is not in the registry any more: it was deleted while this run was signing it.`
        : `${gun}:${tag} points to ${found} now, not to ${digest}: another run moved the tag while this run was signing it.`,
      {
        remedy: isDigest
          ? 'Check that nothing deletes images of this repository, and run the step again.'
          : 'Run the step again to sign what the tag points to now, or let the other run have the tag.',
      },
    );
  });
}

/** The tags that do not point to what was signed, each with its failure. */
export function movedAfter(
  gun: string,
  contents: Contents,
  digests: TagDigests,
  absent?: ReadonlySet<string>,
): ReadonlyMap<string, TrustError> {
  return differing(
    contents,
    digests,
    absent,
    (tag, digest, found) =>
      new TrustError(
        'TAG_MOVED',
        `${gun}:${tag} was signed for ${digest}, and points to ${found ?? 'nothing'} now: another run moved it in the meantime.`,
        {
          remedy:
            'Clients with content trust get what was signed, all others what the tag points to. Find out who moved the tag. Run the step again to sign what it points to now.',
        },
      ),
  );
}

/** What tags are, or were, signed for. */
type Contents = ReadonlyMap<string, { readonly digest: string }>;

function differing(
  contents: Contents,
  digests: TagDigests,
  absent: ReadonlySet<string> | undefined,
  failure: (tag: string, digest: string, found: string | undefined) => TrustError,
): ReadonlyMap<string, TrustError> {
  return new Map(
    [...contents].flatMap(([tag, { digest }]) => {
      const found = digests.get(tag);
      const isAsWanted = found === digest || (found === undefined && absent?.has(tag));
      return isAsWanted ? [] : [[tag, failure(tag, digest, found)] as const];
    }),
  );
}
