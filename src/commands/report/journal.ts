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
import {
  summaryOf,
  writeTrustReport,
  type BaseImageReport,
  type TagReport,
  type TagState,
  type TrustReport,
} from './report.js';

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
  /** Whether the registry has got the image from this run; `unknown` while it is being pushed. */
  notePush(pushed: TrustReport['pushed']): void;
  /** What can be said of every tag from now on. */
  noteTagState(state: TagState): void;
  /** The content that the tags stand for, or are to stand for. */
  noteTags(contents: ReadonlyMap<string, TaggedContent>): void;
  /** The repository has got trust data from this run. */
  noteInitialised(): void;
  /** The signatures have been read back; the tags of the registry may have to be settled still. */
  noteReadBack(result: SignedResult): void;
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
    try {
      await opened.close({ thrown: error });
    } catch (trouble) {
      // What failed first is what the user has to hear of.
      context.log.warn(`The report of this run could not be written: ${messageOf(trouble)}`);
    }
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
  let state: TagState = 'untouched';
  let contents: ReadonlyMap<string, TaggedContent> = new Map();
  let initialised = false;
  let signed: SignedResult | undefined;
  let digest: string | undefined;

  const tagOf = (tag: string): TagReport => ({
    tag,
    digest: contents.get(tag)?.digest,
    length: contents.get(tag)?.length,
    signed: state === 'signed' || state === 'signed-unsettled',
    state,
  });
  const report = (failure?: { readonly thrown: unknown }): TrustReport => ({
    formatVersion: 1,
    outcome: failure ? 'failed' : 'done',
    error: failure && errorOf(failure.thrown),
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

  const journal: Journal = {
    log,
    noteBaseImages: (found) => {
      baseImages = found;
    },
    notePush: (now) => {
      pushed = now;
    },
    noteTagState: (now) => {
      state = now;
    },
    noteTags: (found) => {
      contents = found;
      const digests = new Set([...contents.values()].map((content) => content.digest));
      // Tags that stand for different things have no digest in common to hand on.
      [digest] = digests.size === 1 ? digests : [];
      if (digest !== undefined) {
        context.setOutput('digest', digest);
        context.setOutput('image', `${gun}@${digest}`);
      }
    },
    noteInitialised: () => {
      initialised = true;
    },
    noteReadBack: (result) => {
      signed = result;
      state = 'signed-unsettled';
    },
    noteSigned: () => {
      if (!signed) throw new TypeError('nothing was read back');
      state = 'signed';
      context.setOutput('signed-tags', [...contents.keys()].join(','));
      context.setOutput('key-id', signed.signer.keyId);
      context.setOutput('role', signed.roles.join(','));
    },
  };
  return {
    journal,
    close: async (failure) => {
      if (state === 'signed-unsettled' && isTrustError(failure?.thrown, 'TAG_MOVED')) {
        state = 'moved';
      }
      const content = report(failure);
      if (configuration.command !== 'build') {
        const file = await writeTrustReport(content, configuration.reportPath, context);
        context.setOutput('trust-report', file);
      }
      await context.addSummary(summaryOf(content));
    },
  };
}

/** What a report says of a failure. */
export function errorOf(thrown: unknown): NonNullable<TrustReport['error']> {
  return isTrustError(thrown)
    ? { code: thrown.code, message: thrown.message, remedy: thrown.remedy }
    : { code: 'UNEXPECTED', message: messageOf(thrown), remedy: 'See the log of the run.' };
}
