/** Signs tags into an existing repository. */
import { TrustError } from '../../errors.js';
import type { Gun } from '../metadata/types.js';
import type { TrustServer } from '../server/index.js';
import { tagTarget } from '../edits/index.js';
import { getOwnProperty } from '../metadata/index.js';
import { isSameContent, planTags } from './plan.js';
import { publishChange } from './publish-change.js';
import { lookUpTag, type TrustedView } from '../verification/index.js';
import { tagFlaw } from './read-back.js';
import type { PublishedTags, PublishTagsOptions, Tags } from './types.js';

/**
 * Makes `tags` stand in every role the signer's key may sign, in one publish, and reads them back.
 * Sends nothing when all of them stand there already.
 * @throws {TrustError} TRUST_DATA_MISSING without trust data; KEY_NOT_AUTHORIZED;
 * SIGNER_NOT_AUTHORIZED; TRUST_CONFLICT when the deadline passes among conflicts; TRUST_SERVER_UNREACHABLE or
 * TRUST_SERVER_REJECTED; READ_BACK_FAILED; TAG_MOVED when somebody signed one of the tags for
 * something else right after; INTERRUPTED; and what reading and the signer throw.
 */
export async function publishTags(
  server: TrustServer,
  options: PublishTagsOptions,
): Promise<PublishedTags> {
  const { tags, signer, clock } = options;
  const { view, plan, attempts } = await publishChange(server, options, {
    keys: [signer],
    plan: (current) => planTags(current, tags, signer, clock()),
    flaw: (seen) => tagFlaw(seen, tags),
    overtaken: (seen) => {
      const others = signedByOthers(seen, tags);
      if (others.size === 0) return undefined;
      options.onOvertaken?.([...others.keys()]);
      return overtakenBy(seen.gun, tags, others);
    },
  });
  return { view, roles: plan.roles, attempts, alreadySigned: attempts === 0 };
}

/** The tags that are signed for something else than `tags` says, with what that is. */
export function signedByOthers(view: TrustedView, tags: Tags): ReadonlyMap<string, string> {
  return new Map(
    [...tags].flatMap(([tag, { digest }]) => {
      const found = lookUpTag(view, tag);
      return found.kind === 'signed' && found.digest !== digest ? [[tag, found.digest]] : [];
    }),
  );
}

/**
 * Whether any role states one of `tags` for something else. If none does, nobody who pushed something
 * else under one of them had signed it before `view` was read.
 */
export function isSignedForOther(view: TrustedView, tags: Tags): boolean {
  return [...view.targets.values()].some(({ signed: { targets } }) =>
    [...tags].some(([tag, { digest, length }]) => {
      const found = getOwnProperty(targets, tag);
      return found !== undefined && !isSameContent(found, tagTarget(digest, length));
    }),
  );
}

/** The error for tags that this run has signed, and another run right after it. */
export function overtakenBy(gun: Gun, tags: Tags, others: ReadonlyMap<string, string>): TrustError {
  const [[tag, found] = ['', '']] = others;
  const more = others.size > 1 ? ` (and ${others.size - 1} more tags)` : '';
  return new TrustError(
    'TAG_MOVED',
    `${gun}:${tag} is signed for ${found}${more}: another run signed it right after this one had ` +
      `signed it for ${tags.get(tag)?.digest ?? 'nothing'}`,
    { remedy: 'The other run has the tag. Run the step again to give it what this run made.' },
  );
}
