/**
 * What tags of a registry point to, before and after they are signed, and how it is told when that
 * is not what is signed.
 */
import { mapConcurrent } from '../../concurrency.js';
import { TrustError, isTrustError, unreachableCodes } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import type { RegistryClient } from '../../registry/index.js';
import type { ImageConfiguration } from '../configuration/types.js';
import { failureOfMany } from '../report/failure-of-many.js';
import type { TagContent } from '../../trust/index.js';

/** Digests by tag; undefined for a tag that does not exist. */
export type TagDigests = ReadonlyMap<string, string | undefined>;

/** Asks the registry for all `tags`, or digests. @throws {TrustError} as getManifest does. */
export async function lookUpTags(
  images: RegistryClient,
  { repository }: Pick<ImageConfiguration, 'repository'>,
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
 * What the tags point to once they are signed. They are signed whatever the registry answers, so an
 * answer of no use is a warning and not a failure.
 * @param looking the look-up, which has begun already.
 * @returns undefined, with a warning, where the registry does not say.
 */
export async function lookAfterSigning(
  gun: string,
  looking: Promise<TagDigests>,
  log: Pick<Log, 'warn'>,
): Promise<TagDigests | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (!isTrustError(error, ...unreachableCodes, 'DIGEST_MISMATCH')) throw error;
    log.warn(
      `The tags of ${gun} are signed; whether they still point to what was signed could not be checked: ${error.message}`,
    );
    return undefined;
  }
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
  return differing(contents, digests, absent, (tag, digest, found) => {
    return new TrustError(
      'TAG_MOVED',
      `${gun}:${tag} was signed for ${digest}, and points to ${found ?? 'nothing'} now: another run moved it in the meantime.`,
      {
        remedy:
          'Clients with content trust get what was signed, all others what the tag points to. Find out who moved the tag. Run the step again to sign what it points to now.',
      },
    );
  });
}

/** @throws {TrustError} TAG_MOVED if any tag was moved, naming them. */
export function requireNoneMoved(gun: string, moved: ReadonlyMap<string, TrustError>): void {
  const failed = [...moved].map(([tag, error]) => ({ name: `${gun}:${tag}`, error }));
  const [first, ...others] = failed;
  if (!first) return;
  if (others.length === 0) throw first.error;
  throw failureOfMany([first, ...others], `${failed.length} tags were moved.`);
}

type Contents = ReadonlyMap<string, Pick<TagContent, 'digest'>>;

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
