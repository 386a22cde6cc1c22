/**
 * Keeps what a run has seen and done so far, for outputs, report and summary. Outputs are set at
 * once, so that a later failure does not take them away.
 */
import { expiriesOf, type RoleName, type Signer, type TrustedView } from '../../trust/index.js';
import { isTrustError, messageOf } from '../../errors.js';
import type { Log } from '../../ports.js';
import { collectWarnings } from './collect-warnings.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { handOnReport } from './report-file.js';
import { summaryOf, type BaseImageReport, type TagReport, type TrustReport } from './report.js';
import {
  aftermathOf,
  completed,
  TagStates,
  type Aftermath,
  type TaggedRepository,
  type TagState,
} from './tag-states.js';

/** What was signed, by whom, as read back. */
export interface SignedResult {
  readonly view: TrustedView;
  readonly roles: readonly RoleName[];
  readonly signer: Signer;
  readonly initialised: boolean;
  readonly pinnedBy: string | undefined;
}

/** Content of the registry that tags stand for. */
export interface TaggedContent {
  readonly digest: string;
  readonly length: number;
}

export interface Journal {
  /** The run's log, whose warnings also end up in the report. */
  readonly log: Log;
  noteBaseImages(baseImages: readonly BaseImageReport[]): void;
  /** Where the image is as long as it has no tags, and whether Docker signs what it pushes. */
  notePlan(plan: Pick<TaggedRepository, 'heldUnder' | 'signsWithPush'>): void;
  /** Whether the registry has got the image from this run; `unknown` while it is being pushed. */
  notePush(pushed: TrustReport['pushed']): void;
  /** What can be said of `tags` from now on; of all tags without them. */
  readonly noteTagState: (state: TagState, tags?: Iterable<string>) => void;
  /** What can be said of a tag now. */
  tagState(tag: string): TagState;
  /** The content that the tags stand for, or are to stand for. */
  noteTags(contents: ReadonlyMap<string, TaggedContent>): void;
  /** The repository has got trust data from this run. */
  noteInitialised(): void;
  /** The signatures have been read back; the tags of the registry may have to be settled still. */
  noteReadBack(result: SignedResult): void;
  /** All is done, and nothing was to be signed. */
  noteUnsigned(): void;
  /** All is done. Not before {@link noteReadBack}. */
  noteSigned(): void;
}

/**
 * Runs `body` with a journal, and writes report and summary at its end, whichever that is.
 * @throws whatever `body` throws.
 */
export async function withJournal(
  configuration: Configuration,
  context: RunContext,
  body: (journal: Journal) => Promise<void>,
): Promise<void> {
  const opened = openJournal(configuration, context);
  try {
    await body(opened.journal);
  } catch (error) {
    await opened.close({ thrown: error });
    throw error;
  }
  await opened.close();
}

interface OpenJournal {
  readonly journal: Journal;
  close(failure?: { readonly thrown: unknown }): Promise<void>;
}

function openJournal(configuration: Configuration, context: RunContext): OpenJournal {
  const { registry, repository, gun } = configuration.image;
  const { log, warnings } = collectWarnings(context.log);
  let baseImages: readonly BaseImageReport[] = [];
  let pushed: TrustReport['pushed'] = 'no';
  let plan: Pick<TaggedRepository, 'heldUnder' | 'signsWithPush'> = {};
  const states = new TagStates(configuration.command === 'build' ? [] : configuration.image.tags);
  let contents: ReadonlyMap<string, TaggedContent> = new Map();
  let initialised = false;
  let signed: SignedResult | undefined;
  let digest: string | undefined;

  const tagOf = (tag: string): TagReport => ({
    tag,
    digest: contents.get(tag)?.digest,
    length: contents.get(tag)?.length,
    signed: isSigned(states.of(tag)),
    state: states.of(tag),
  });
  const aftermath = (): Aftermath =>
    aftermathOf([{ image: configuration.image, states, pushed, ...plan }]);
  context.onFailure(aftermath);
  const report = (failure?: { readonly thrown: unknown }): TrustReport => ({
    formatVersion: 1,
    outcome: failure ? 'failed' : 'done',
    error: failure && errorOf(failure.thrown, aftermath()),
    registry,
    repository,
    gun,
    digest,
    image: digest === undefined ? undefined : `${gun}@${digest}`,
    pushed,
    tags: configuration.command === 'build' ? [] : configuration.image.tags.map(tagOf),
    engine: signed && configuration.signing?.engine,
    key: signed && {
      id: signed.signer.keyId,
      method: signed.signer.method,
      description: signed.signer.description,
    },
    roles: signed?.roles ?? [],
    initialised: signed?.initialised ?? initialised,
    pinnedBy: signed?.pinnedBy,
    expires: signed
      ? [...expiriesOf(signed.view)].map(([role, at]) => ({ role, expires: at.toISOString() }))
      : [],
    baseImages,
    warnings,
  });

  /** Only of a run that has done all it was asked for: `image` is what others deploy. */
  const handOnImage = (): void => {
    if (digest !== undefined) context.setOutput('image', `${gun}@${digest}`);
  };
  const journal: Journal = {
    log,
    noteBaseImages: (found) => {
      baseImages = found;
    },
    notePush: (now) => {
      pushed = now;
    },
    notePlan: (made) => {
      plan = made;
    },
    noteTagState: (now, of) => {
      states.note(now, of);
    },
    tagState: (tag) => states.of(tag),
    noteTags: (found) => {
      contents = found;
      const digests = new Set([...contents.values()].map((content) => content.digest));
      // Tags that stand for different things have no digest in common to hand on.
      [digest] = digests.size === 1 ? digests : [];
      if (digest !== undefined) {
        context.setOutput('digest', digest);
      }
    },
    noteInitialised: () => {
      initialised = true;
    },
    noteReadBack: (result) => {
      signed = result;
      states.note(plan.heldUnder === undefined ? 'signed-unsettled' : 'signed-untagged');
    },
    noteUnsigned: () => {
      handOnImage();
    },
    noteSigned: () => {
      if (!signed) throw new TypeError('nothing was read back');
      states.note('signed');
      handOnImage();
      context.setOutput('signed-tags', [...contents.keys()].join(','));
      context.setOutput('key-id', signed.signer.keyId);
      context.setOutput('role', signed.roles.join(','));
    },
  };
  return {
    journal,
    close: async (failure) => {
      const content = report(failure);
      if (configuration.command !== 'build') {
        await handOnReport(content, configuration.reportPath, context);
      }
      await context.addSummary(summaryOf(content));
    },
  };
}

/** Whether what clients with content trust get is what the run has signed. */
export function isSigned(state: TagState): boolean {
  return state === 'signed' || state === 'signed-unsettled' || state === 'signed-untagged';
}

/** What a report says of a failure. */
export function errorOf(
  thrown: unknown,
  aftermath: Aftermath = { sentences: [], steps: [] },
): NonNullable<TrustReport['error']> {
  const failure = isTrustError(thrown)
    ? thrown
    : {
        code: 'UNEXPECTED' as const,
        message: messageOf(thrown),
        remedy: 'See the log of the run.',
      };
  return { code: failure.code, ...completed(failure, aftermath) };
}
