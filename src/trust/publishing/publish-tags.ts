/** Signs tags into an existing repository. */
import { TrustError } from '../../errors.js';
import type { TrustServer } from '../server/index.js';
import { planTags } from './plan.js';
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
    overtaken: (seen) => signedByOthers(seen, tags),
  });
  return { view, roles: plan.roles, attempts, alreadySigned: attempts === 0 };
}

function signedByOthers(view: TrustedView, tags: Tags): TrustError | undefined {
  for (const [tag, { digest }] of tags) {
    const found = lookUpTag(view, tag);
    if (found.kind !== 'signed' || found.digest === digest) continue;
    return new TrustError(
      'TAG_MOVED',
      `${view.gun}:${tag} is signed for ${found.digest}: another run signed it right after this ` +
        `one had signed it for ${digest}`,
      { remedy: 'The other run has the tag. Run the step again to give it what this run made.' },
    );
  }
  return undefined;
}
