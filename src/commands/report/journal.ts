/**
 * Keeps what a run has seen and done so far, for outputs, report and summary. Outputs are set at
 * once, so that a later failure does not take them away.
 */
import { expiriesOf, type RoleName, type Signer, type TrustedView } from '../../trust/index.js';
import type { Log } from '../../ports.js';
import { collectWarnings } from './collect-warnings.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import {
  summaryOf,
  writeTrustReport,
  type BaseImageReport,
  type TagReport,
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
  /** The registry holds this content under these tags. */
  noteTags(contents: ReadonlyMap<string, TaggedContent>): void;
  noteSigned(result: SignedResult): void;
  /** Writes report and summary, when the run has reached its end. */
  close(): Promise<void>;
}

/** Starts a journal; see {@link Journal}. */
export function openJournal(configuration: Configuration, context: RunContext): Journal {
  const { registry, repository, gun } = configuration.image;
  const { log, warnings } = collectWarnings(context.log);
  let baseImages: readonly BaseImageReport[] = [];
  let tags: readonly TagReport[] = [];
  let signed: SignedResult | undefined;
  let digest: string | undefined;

  const report = (): TrustReport => ({
    formatVersion: 1,
    registry,
    repository,
    gun,
    digest,
    image: digest === undefined ? undefined : `${gun}@${digest}`,
    tags,
    engine: signed && configuration.signing?.engine,
    key: signed && {
      id: signed.signer.keyId,
      method: signed.signer.method,
      description: signed.signer.description,
    },
    roles: signed?.roles ?? [],
    initialised: signed?.initialised ?? false,
    pinnedBy: signed?.pinnedBy,
    expires: signed
      ? [...expiriesOf(signed.view)].map(([role, at]) => ({ role, expires: at.toISOString() }))
      : [],
    baseImages,
    warnings,
  });

  return {
    log,
    noteBaseImages: (found) => {
      baseImages = found;
    },
    noteTags: (contents) => {
      tags = [...contents].map(([tag, content]) => ({ tag, ...content, signed: false }));
      const digests = new Set(tags.map((tag) => tag.digest));
      // Tags that stand for different things have no digest in common to hand on.
      digest = digests.size === 1 ? tags[0]?.digest : undefined;
      if (digest !== undefined) {
        context.setOutput('digest', digest);
        context.setOutput('image', `${gun}@${digest}`);
      }
    },
    noteSigned: (result) => {
      signed = result;
      tags = tags.map((tag) => ({ ...tag, signed: true }));
      context.setOutput('signed-tags', tags.map(({ tag }) => tag).join(','));
      context.setOutput('key-id', result.signer.keyId);
      context.setOutput('role', result.roles.join(','));
    },
    close: async () => {
      const content = report();
      if (configuration.command !== 'build') {
        const file = await writeTrustReport(
          content,
          configuration.reportPath,
          context.tempDirectory,
        );
        context.setOutput('trust-report', file);
      }
      await context.addSummary(summaryOf(content));
    },
  };
}
