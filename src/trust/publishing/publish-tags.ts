/** Signs tags into an existing repository. */
import type { TrustServer } from '../server/index.js';
import { planTags } from './plan.js';
import { publishChange } from './publish-change.js';
import { tagFlaw } from './read-back.js';
import type { PublishedTags, PublishTagsOptions } from './types.js';

/**
 * Makes `tags` stand in every role the signer's key may sign, in one publish, and reads them back.
 * Sends nothing when all of them stand there already.
 * @throws {TrustError} TRUST_DATA_MISSING without trust data; KEY_NOT_AUTHORIZED;
 * SIGNER_NOT_AUTHORIZED; TRUST_CONFLICT when the deadline passes among conflicts; TRUST_SERVER_UNREACHABLE or
 * TRUST_SERVER_REJECTED; READ_BACK_FAILED; INTERRUPTED; and what reading and the signer throw.
 */
export async function publishTags(
  server: TrustServer,
  options: PublishTagsOptions,
): Promise<PublishedTags> {
  const { tags, signer, clock } = options;
  const { view, plan, attempts } = await publishChange(server, options, {
    plan: (current) => planTags(current, tags, signer, clock()),
    flaw: (seen) => tagFlaw(seen, tags),
  });
  return { view, roles: plan.roles, attempts, alreadySigned: attempts === 0 };
}
