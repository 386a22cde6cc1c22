/**
 * The images of a repository on their way: what the registry has of each signed tag, and whether it
 * has a Notary Project signature by then. What can be signed is decided here; how is a port.
 */
import { mapConcurrent } from '../concurrency.js';
import { isTrustError, TrustError, type ErrorCode } from '../errors.js';
import { limits } from '../limits.js';
import type { ManifestDescriptor } from '../notation/index.js';
import type { SignedTagFacts } from './inventory.js';

/** What a tag has come to. */
export type TagState = 'both' | 'missing' | 'moved' | 'gone' | 'failed';

/** A signed tag, and what is known of it. */
export interface TagOutcome extends SignedTagFacts {
  readonly state: TagState;
  /** As the registry has it. */
  readonly mediaType?: string;
  /** Digest of the Notary Project signature that holds the tag. */
  readonly signature?: string;
  /** Whether this run made it. */
  readonly isNew?: boolean;
  /** What the tag points to, where it was moved and not removed. */
  readonly registryDigest?: string | undefined;
  /** Why it has no such signature. */
  readonly reason?: string;
  readonly error?: TrustError;
}

/** A Notary Project signature for a tag, or why there is none. */
export type Settled =
  | { readonly signature: string; readonly isNew: boolean }
  | { readonly signature?: undefined; readonly reason: string };

/** What is asked of the registry of a repository, and done there. */
export interface ImagePorts {
  /** The manifest behind a tag or digest, if there is one. */
  readonly describe: (reference: string) => Promise<ManifestDescriptor | undefined>;
  /** Signs an image for its tags, or looks for signatures: what is known of each tag afterwards. */
  readonly settle: (
    target: ManifestDescriptor,
    tags: readonly string[],
  ) => Promise<ReadonlyMap<string, Settled>>;
  /** Whether images are settled for tags as well that point elsewhere: where nothing is signed. */
  readonly includesMoved: boolean;
  /** Told of all tags of an image at once. */
  readonly onDone: (outcomes: readonly TagOutcome[]) => void;
}

/** Failures of one image. Any other would meet the rest of the repository as well. */
const ofOneImage: readonly ErrorCode[] = [
  'DIGEST_MISMATCH',
  'MANIFEST_NOT_FOUND',
  'PUSH_FAILED',
  'READ_BACK_FAILED',
  'REGISTRY_FAILED',
  'SIGNATURE_NOT_LISTED',
];

/**
 * Settles every signed tag of a repository, several images side by side. If an image fails, the others
 * are still processed; what concerns all of them stops the repository.
 * @returns an outcome for each tag, in the order of `signed`.
 * @throws {TrustError} INTERRUPTED
 */
export async function settleImages(
  signed: readonly SignedTagFacts[],
  ports: ImagePorts,
): Promise<readonly TagOutcome[]> {
  const outcomes = new Map<string, TagOutcome>();
  let stoppedBy: TrustError | undefined;
  await mapConcurrent(byDigest(signed), limits.concurrentTags, async ([digest, tags]) => {
    const failed = (error: TrustError): readonly TagOutcome[] =>
      tags.map((tag) => ({ ...tag, state: 'failed', reason: error.message, error }));
    let found: readonly TagOutcome[];
    try {
      found = stoppedBy ? failed(stoppedBy) : await settleImage(digest, tags, ports);
    } catch (error) {
      if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
      if (!ofOneImage.includes(error.code)) stoppedBy = error;
      found = failed(error);
    }
    for (const outcome of found) outcomes.set(outcome.tag, outcome);
    ports.onDone(found);
  });
  return signed.map((tag) => {
    const outcome = outcomes.get(tag.tag);
    if (!outcome) throw new TypeError('invariant violated: missing outcome for a tag');
    return outcome;
  });
}

/** The tags of each digest together: they get one signature. */
function byDigest(
  signed: readonly SignedTagFacts[],
): readonly (readonly [string, readonly SignedTagFacts[]])[] {
  const groups = new Map<string, SignedTagFacts[]>();
  for (const tag of signed) {
    const group = groups.get(tag.digest) ?? [];
    group.push(tag);
    groups.set(tag.digest, group);
  }
  return [...groups];
}

/** Looks immediately before it signs: a tag that was moved during a long run is not signed. */
async function settleImage(
  digest: string,
  tags: readonly SignedTagFacts[],
  { describe, settle, includesMoved }: ImagePorts,
): Promise<readonly TagOutcome[]> {
  const behind = await mapConcurrent(tags, limits.concurrentTags, ({ tag }) => describe(tag));
  const target = behind.find((found) => found?.digest === digest) ?? (await describe(digest));
  if (!target)
    return tags.map((tag) => ({ ...tag, state: 'gone', reason: 'the image was deleted' }));
  const other = tags.find(({ length }) => length !== target.size);
  if (other) {
    throw new TrustError(
      'DIGEST_MISMATCH',
      `The registry says that ${digest} has ${target.size} bytes, and it is signed with ${other.length}.`,
      {
        remedy:
          'Do not use the image. Look at who can change the registry, or what is in front of it.',
      },
    );
  }
  const isMoved = (index: number): boolean => behind[index]?.digest !== digest;
  const asked = tags.filter((_, index) => includesMoved || !isMoved(index));
  const settled =
    asked.length > 0
      ? await settle(
          target,
          asked.map(({ tag }) => tag),
        )
      : undefined;
  const { mediaType } = target;
  return tags.map((tag, index): TagOutcome => {
    const found = settled?.get(tag.tag);
    const signature = found?.signature;
    if (isMoved(index)) {
      return { ...moved(tag, behind[index]?.digest), mediaType, ...(signature && { signature }) };
    }
    if (!found) throw new TypeError('invariant violated: a tag was not settled');
    return found.signature === undefined
      ? { ...tag, mediaType, state: 'missing', reason: found.reason }
      : { ...tag, mediaType, state: 'both', ...found };
  });
}

function moved(tag: SignedTagFacts, registryDigest: string | undefined): TagOutcome {
  const reason =
    registryDigest === undefined
      ? 'the registry does not have the tag any more'
      : `the tag points to ${registryDigest}`;
  return { ...tag, state: 'moved', registryDigest, reason };
}
