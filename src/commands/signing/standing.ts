/** What tags of a registry stand for at this moment, and how it is told when it is not as it should. */
import { TrustError, isTrustError } from '../../errors.js';
import type { Log } from '../../ports.js';
import type { RegistryClient } from '../../registry/index.js';
import type { ImageConfiguration } from '../configuration/types.js';
import type { TaggedContent } from '../report/journal.js';
import { unanswered } from '../unanswered.js';

/** Digests by tag; undefined for a tag that does not exist. */
export type Standing = ReadonlyMap<string, string | undefined>;

/** Asks the registry for all `tags` at once. @throws {TrustError} as getManifest does. */
export async function lookUpTags(
  images: RegistryClient,
  { repository }: Pick<ImageConfiguration, 'repository'>,
  tags: Iterable<string>,
): Promise<Standing> {
  return new Map(
    await Promise.all(
      [...tags].map(
        async (tag) => [tag, (await images.getManifest(repository, tag))?.digest] as const,
      ),
    ),
  );
}

/**
 * What the tags stand for once they are signed. They are signed whatever the registry answers, so an
 * answer of no use is a warning and not a failure.
 * @param looking the look-up, if it has begun already.
 * @returns undefined, with a warning, where the registry does not say.
 */
export async function lookAfterSigning(
  gun: string,
  looking: Promise<Standing>,
  log: Pick<Log, 'warn'>,
): Promise<Standing | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (!isTrustError(error, ...unanswered, 'DIGEST_MISMATCH')) throw error;
    log.warn(
      `The tags of ${gun} are signed; whether they still stand for what was signed could not be checked: ${error.message}`,
    );
    return undefined;
  }
}

/**
 * Makes sure, before anything is signed, that the tags are still what is to be signed.
 * @throws {TrustError} TAG_MOVED
 */
export function requireUnmoved(
  gun: string,
  tags: ReadonlyMap<string, TaggedContent>,
  standing: Standing,
): void {
  for (const [tag, { digest }] of tags) {
    const found = standing.get(tag);
    if (found === digest) continue;
    throw new TrustError(
      'TAG_MOVED',
      `${gun}:${tag} stands for ${found ?? 'nothing'} now, not for ${digest}: somebody else moved the tag while this run was signing it.`,
      { remedy: 'Nothing was signed. Run the step again, or let the other run have the tag.' },
    );
  }
}

/**
 * Makes sure, after the signing, that whoever pulls with and without trust gets the same.
 * @throws {TrustError} TAG_MOVED
 */
export function requireAgreement(
  gun: string,
  tags: ReadonlyMap<string, TaggedContent>,
  standing: Standing,
): void {
  const moved = [...tags].filter(([tag, { digest }]) => standing.get(tag) !== digest);
  if (moved.length === 0) return;
  const told = moved.map(
    ([tag, { digest }]) =>
      `${gun}:${tag} was signed for ${digest}, and stands for ${standing.get(tag) ?? 'nothing'} by now`,
  );
  throw new TrustError('TAG_MOVED', `${told.join('; ')}: somebody else moved it meanwhile.`, {
    remedy:
      'Clients with content trust get what was signed, all others what the tag stands for. Find out who moved the tag; run the step again to sign what it stands for now.',
  });
}
