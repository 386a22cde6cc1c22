/**
 * Signs tags of a registry, in the one order that lets no other run come between unseen: the trust
 * data is read, the registry is asked, the signature is published, both are read back. Tells the
 * journal how far a signing came that failed: refused, sent without a clear answer, or overtaken.
 */
import { isTrustError } from '../../errors.js';
import type { TrustServer } from '../../trust/index.js';
import { ahead } from '../ahead.js';
import type { RunContext } from '../context.js';
import type { Journal, SignedResult, TaggedContent } from '../report/journal.js';
import { readBackSigned, signTags, type SigningHints } from './sign-tags.js';
import type { SigningPlan } from './signing-preflight.js';
import { lookAfterSigning, type Standing } from './standing.js';

/** How a run knows that what it signs is what the registry has. */
export interface RegistryWatch {
  /** Asked before every publish. @throws {TrustError} TAG_MOVED, and whatever the registry refuses */
  readonly recheck: () => Promise<void>;
  /** What the tags point to, asked beside the read-back; absent where they are put later. */
  readonly look?: () => Promise<Standing>;
  /** Asked, before the failure is thrown, where another run signed one of the tags right after. */
  readonly onOvertaken?: () => Promise<void>;
}

/** Tags that were read back, and what they point to in the registry. */
export interface SignedAndLooked {
  readonly result: SignedResult;
  /** Undefined where there was no look, or, with a warning, where the registry did not answer. */
  readonly standing: Standing | undefined;
}

/** What a signing is noted in. */
export type SigningNotes = Pick<Journal, 'log' | 'noteTagState' | 'tagState' | 'noteReadBack'>;

/**
 * {@link signTags}, with what becomes of the tags noted in the journal, and with a look at them
 * beside the read-back.
 * @throws {TrustError} as signTags does.
 */
export async function signWithJournal(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  context: RunContext,
  journal: SigningNotes,
  { recheck, look, known, onOvertaken }: RegistryWatch & Pick<SigningHints, 'known'>,
): Promise<SignedAndLooked> {
  const before = new Map([...tags.keys()].map((tag) => [tag, journal.tagState(tag)]));
  // Noted while it is under way: whatever ends the run then, a fault of ours included, is told so.
  const watched = watchPublishes(plan.server, (mayBeStored) => {
    if (mayBeStored) journal.noteTagState('signing-unknown', tags.keys());
    else for (const [tag, state] of before) journal.noteTagState(state, [tag]);
  });
  let looking: Promise<Standing> | undefined;
  const onReadBack = (): void => {
    if (look) looking = ahead(look());
  };
  const overtaking = noteOvertaking(tags, journal);
  const hints = { known, recheck, onReadBack, onOvertaken: overtaking.note };
  let result: SignedResult;
  try {
    result = await signTags({ ...plan, server: watched }, tags, context, journal.log, hints);
  } catch (error) {
    if (overtaking.isNoted()) await onOvertaken?.();
    throw error;
  }
  journal.noteReadBack(result);
  const last = looking ?? look?.();
  return { result, standing: last && (await lookAfterSigning(plan.server.gun, last, journal.log)) };
}

/**
 * The same for tags that the Docker CLI has signed: they are read back, and looked at.
 * @throws {TrustError} as readBackSigned does.
 */
export async function readBackWithJournal(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  initialised: boolean,
  context: RunContext,
  journal: SigningNotes,
  { look, onOvertaken }: Pick<RegistryWatch, 'look' | 'onOvertaken'>,
): Promise<SignedAndLooked> {
  const overtaking = noteOvertaking(tags, journal);
  let result: SignedResult;
  try {
    result = await readBackSigned(plan, tags, initialised, context, overtaking.note);
  } catch (error) {
    if (overtaking.isNoted()) await onOvertaken?.();
    throw error;
  }
  journal.noteReadBack(result);
  const standing = look && (await lookAfterSigning(plan.server.gun, look(), journal.log));
  return { result, standing };
}

/** Notes which tags another run has signed since, and that the others are signed. */
function noteOvertaking(
  tags: ReadonlyMap<string, TaggedContent>,
  { noteTagState }: SigningNotes,
): { readonly note: (moved: readonly string[]) => void; isNoted(): boolean } {
  let isNoted = false;
  return {
    isNoted: () => isNoted,
    note: (moved) => {
      isNoted = true;
      noteTagState('signed-unsettled', tags.keys());
      noteTagState('moved', moved);
    },
  };
}

/** `of`, which tells whenever it turns out that it may, or does not, hold something sent to it. */
function watchPublishes(of: TrustServer, tell: (mayBeStored: boolean) => void): TrustServer {
  let mayBeStored = false;
  const note = (now: boolean): void => {
    if (now !== mayBeStored) tell(now);
    mayBeStored = now;
  };
  return {
    gun: of.gun,
    host: of.host,
    fetchRole: (role, request) => of.fetchRole(role, request),
    fetchServerKey: (role, signal) => of.fetchServerKey(role, signal),
    rotateServerKey: (role, signal) => of.rotateServerKey(role, signal),
    deleteTrustData: (signal) => of.deleteTrustData(signal),
    publish: async (parts, signal) => {
      const before = mayBeStored;
      note(true);
      try {
        const outcome = await of.publish(parts, signal);
        if (outcome.kind === 'conflict') note(before);
        return outcome;
      } catch (error) {
        // Whatever is thrown is a refusal, but for a run that was stopped while it waited.
        if (isTrustError(error) && error.code !== 'INTERRUPTED') note(before);
        throw error;
      }
    },
  };
}
