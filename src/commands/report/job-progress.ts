/**
 * How far a run has come that builds, pushes or signs the image of one repository, and what outputs,
 * report and summary say of it. Outputs are set at once, so that a later failure does not take them away.
 */
import { expiriesOf, type TagContent } from '../../trust/index.js';
import { errorFacts } from './error-facts.js';
import { collectWarnings } from './collect-warnings.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { handOnReport } from './report-file.js';
import { signedWords } from './root-words.js';
import { summaryOf, type BaseImageReport, type TrustReport } from './report.js';
import {
  aftermathOf,
  isSigned,
  nothingPushed,
  pushedIn,
  tagStateOf,
  type Aftermath,
} from '../signing/registry-state.js';
import type { SigningProgress } from '../signing/sign-tags.js';

/** Filled in as the run goes on. */
export interface JobProgress extends SigningProgress {
  baseImages: readonly BaseImageReport[];
  /** The content that the tags point to, or are to point to. */
  contents: ReadonlyMap<string, TagContent>;
  /** The repository has got trust data from this run. */
  initialised: boolean;
}

export function startProgress(): JobProgress {
  return { state: nothingPushed, baseImages: [], contents: new Map(), initialised: false };
}

/**
 * Runs `body`, and writes report and summary at its end, whichever that is.
 * @throws whatever `body` throws.
 */
export async function withJobReport(
  configuration: Configuration,
  context: RunContext,
  body: (progress: JobProgress, run: RunContext) => Promise<void>,
): Promise<void> {
  const { command, image, reportPath, signing } = configuration;
  const { log, warnings } = collectWarnings(context.log);
  const progress = startProgress();
  const signsWithPush = signing?.engine === 'docker';
  const aftermath = (): Aftermath => aftermathOf([{ image, state: progress.state, signsWithPush }]);
  context.onFailure(aftermath);
  const tell = async (error?: TrustReport['error']): Promise<void> => {
    const report = jobReport(configuration, progress, warnings, error);
    if (command !== 'build') await handOnReport(report, reportPath, context);
    await context.addSummary(summaryOf(report));
  };
  try {
    await body(progress, { ...context, log });
  } catch (thrown) {
    await tell(errorFacts(thrown, aftermath()));
    throw thrown;
  }
  await tell();
}

/** The tags' content is known. */
export function noteContents(
  progress: JobProgress,
  contents: ReadonlyMap<string, TagContent>,
  { setOutput }: Pick<RunContext, 'setOutput'>,
): void {
  progress.contents = contents;
  const digest = commonDigest(progress);
  if (digest !== undefined) setOutput('digest', digest);
}

/** All is done. `image` is what others deploy, so it is set of such a run only. */
export function noteDone(
  { image: { gun } }: Configuration,
  progress: JobProgress,
  { setOutput }: Pick<RunContext, 'setOutput'>,
): void {
  const { signed, contents } = progress;
  const digest = commonDigest(progress);
  if (digest !== undefined) setOutput('image', `${gun}@${digest}`);
  if (!signed) return;
  progress.state = { kind: 'signed' };
  setOutput('signed-tags', [...contents.keys()].join(','));
  setOutput('key-id', signed.signer.keyId);
  setOutput('role', signed.roles.join(','));
}

/** Says which tags are signed, and by whom. */
export function logSigned(
  { gun, tags }: Configuration['image'],
  { signed }: JobProgress,
  { log }: Pick<RunContext, 'log'>,
): void {
  if (!signed) return;
  for (const tag of tags) log.info(`${gun}:${tag}  ${signedWords(signed.pinnedBy)}`);
  log.info(`${signed.roles.join(', ')}  key ${signed.signer.keyId}`);
}

/** Tags that point to different things have no digest in common to hand on. */
function commonDigest({ contents }: JobProgress): string | undefined {
  const [digest, ...others] = new Set([...contents.values()].map((content) => content.digest));
  return others.length === 0 ? digest : undefined;
}

function jobReport(
  { command, image, signing }: Configuration,
  progress: JobProgress,
  warnings: readonly string[],
  error: TrustReport['error'],
): TrustReport {
  const { registry, repository, gun } = image;
  const { state, signed, contents, baseImages } = progress;
  const digest = commonDigest(progress);
  return {
    formatVersion: 1,
    outcome: error ? 'failed' : 'done',
    error,
    registry,
    repository,
    gun,
    digest,
    image: digest === undefined ? undefined : `${gun}@${digest}`,
    // `sign` pushes nothing, whatever the registry has.
    pushed: command === 'sign' ? 'no' : pushedIn(state),
    tags: (command === 'build' ? [] : image.tags).map((tag) => {
      const its = tagStateOf(state, tag);
      const { digest: found, length } = contents.get(tag) ?? {};
      return { tag, digest: found, length, signed: isSigned(its), state: its };
    }),
    engine: signed && signing?.engine,
    key: signed && {
      id: signed.signer.keyId,
      method: signed.signer.method,
      description: signed.signer.description,
    },
    roles: signed?.roles ?? [],
    initialised: signed?.initialised ?? progress.initialised,
    pinnedBy: signed?.pinnedBy,
    expires: signed
      ? [...expiriesOf(signed.view)].map(([role, at]) => ({ role, expires: at.toISOString() }))
      : [],
    baseImages,
    warnings,
  };
}
