/**
 * Signs tags and tells the journal how far a signing came that failed, so that the report says no
 * more than is known: refused, sent without a clear answer, or overtaken.
 */
import { isTrustError } from '../../errors.js';
import type { TrustServer } from '../../trust/index.js';
import type { RunContext } from '../context.js';
import type { Journal, SignedResult, TaggedContent } from '../report/journal.js';
import { signTags, type SigningHints } from './sign-tags.js';
import type { SigningPlan } from './signing-preflight.js';

/**
 * {@link signTags}, with its failures noted in the journal.
 * @throws {TrustError} as signTags does.
 */
export async function signNoted(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  context: RunContext,
  journal: Pick<Journal, 'log' | 'noteTagState'>,
  hints: SigningHints = {},
): Promise<SignedResult> {
  const watch = watchPublishes(plan.server);
  const progress = { isReadingBack: false };
  const onReadBack = (): void => {
    progress.isReadingBack = true;
    hints.onReadBack?.();
  };
  try {
    const watched = { ...plan, server: watch.server };
    return await signTags(watched, tags, context, journal.log, { ...hints, onReadBack });
  } catch (error) {
    if (progress.isReadingBack && isTrustError(error, 'TAG_MOVED')) journal.noteTagState('moved');
    else if (watch.mayBeStored()) journal.noteTagState('signing-unknown');
    throw error;
  }
}

/** `of`, which remembers whether it may have stored something that was sent to it. */
export function watchPublishes(of: TrustServer): {
  readonly server: TrustServer;
  mayBeStored(): boolean;
} {
  let mayBeStored = false;
  return {
    mayBeStored: () => mayBeStored,
    server: {
      gun: of.gun,
      host: of.host,
      fetchRole: (role, request) => of.fetchRole(role, request),
      fetchServerKey: (role, signal) => of.fetchServerKey(role, signal),
      rotateServerKey: (role, signal) => of.rotateServerKey(role, signal),
      deleteTrustData: (signal) => of.deleteTrustData(signal),
      publish: async (parts, signal) => {
        const before = mayBeStored;
        mayBeStored = true;
        const refused = (): void => {
          mayBeStored = before;
        };
        try {
          const outcome = await of.publish(parts, signal);
          if (outcome.kind === 'conflict') refused();
          return outcome;
        } catch (error) {
          // Whatever is thrown is a refusal, but for a run that was stopped while it waited.
          if (isTrustError(error) && error.code !== 'INTERRUPTED') refused();
          throw error;
        }
      },
    },
  };
}
