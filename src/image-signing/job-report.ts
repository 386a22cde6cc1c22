/**
 * How far a run has come that builds, pushes or signs the image of one repository, and what it says of
 * that when it ends, done or failed.
 */
import type { BaseImageReport } from '../docker/index.js';
import type { ImageSignature } from '../notation/index.js';
import {
  expiriesOf,
  type Signer,
  type TagContent,
  rootWords,
  signedWords,
} from '../trust/index.js';
import type { ImageConfiguration, SignedKinds } from './configuration.js';
import {
  aftermathOf,
  type ImageInState,
  isSigned,
  nothingPushed,
  pushedIn,
  stateTexts,
  tagStateOf,
  type TagState,
} from './registry-state.js';
import type { AttachProgress } from './attach-signatures.js';
import type { SigningProgress } from './sign-tags.js';
import { code, escape } from '../report/text.js';
import type { Aftermath, ErrorFacts } from '../report/failure.js';
import type { Report } from '../report/report.js';

/** One tag as it stands after the run. */
export interface TagReport {
  readonly tag: string;
  /** Undefined when the run ended before it was known. */
  readonly digest: string | undefined;
  /** Size of the manifest in bytes. */
  readonly length: number | undefined;
  readonly signed: boolean;
  readonly state: TagState;
}

/** The content of the trust report; `formatVersion` changes when a field changes its meaning. */
export interface TrustReport {
  readonly formatVersion: 1;
  readonly command: string;
  /** When the run ended. */
  readonly at: string;
  readonly outcome: 'done' | 'failed';
  /** Why the run failed. */
  readonly error: ErrorFacts | undefined;
  readonly registry: string;
  readonly repository: string;
  readonly gun: string;
  readonly digest: string | undefined;
  readonly image: string | undefined;
  /** Whether this run has put the image into the registry, under whatever name. */
  readonly pushed: 'yes' | 'no' | 'unknown';
  readonly tags: readonly TagReport[];
  readonly engine: 'native' | 'docker' | undefined;
  readonly key:
    { readonly id: string; readonly method: string; readonly description: string } | undefined;
  readonly roles: readonly string[];
  /** True when this run created the repository's trust data. */
  readonly initialised: boolean;
  /** The pin that the root matched; absent when it was trusted on first use. */
  readonly pinnedBy: string | undefined;
  /** When each role expires, soonest first. */
  readonly expires: readonly { readonly role: string; readonly expires: string }[];
  readonly baseImages: readonly BaseImageReport[];
  /** Absent where none are made. */
  readonly notaryProject?: readonly ImageSignature[];
  readonly warnings: readonly string[];
}

/** The fields of the trust report besides those that every report has. */
export type JobFacts = Omit<
  TrustReport,
  'formatVersion' | 'command' | 'at' | 'outcome' | 'error' | 'warnings'
>;

/** The outputs of a run on the image of one repository. */
export type JobOutput = 'digest' | 'image' | 'signed-tags' | 'key-id' | 'role';

/** What a run is told of that is under way. */
export interface JobRun {
  /** Registers who tells what the run has changed by then, should it fail. */
  readonly onFailure: (tell: () => Aftermath) => void;
  /** Sets an output before the report does, because its value stands whatever fails later. */
  readonly setOutput: (name: 'digest', value: string) => void;
}

/** What a report says of the key that signed. */
export interface KeyFacts {
  readonly id: string;
  readonly method: string;
  readonly description: string;
}

export function keyFacts({ keyId, method, description }: Signer): KeyFacts {
  return { id: keyId, method, description };
}

/** Filled in as the run goes on. */
export interface JobProgress extends SigningProgress, AttachProgress {
  baseImages: readonly BaseImageReport[];
  /** The content that the tags point to, or are to point to. */
  contents: ReadonlyMap<string, TagContent>;
  /** The repository has got trust data from this run. */
  initialised: boolean;
}

export function startProgress(): JobProgress {
  return {
    state: nothingPushed,
    baseImages: [],
    contents: new Map(),
    initialised: false,
    attached: [],
    attaching: new Set(),
  };
}

/** What the run is for. */
interface Job {
  readonly image: ImageConfiguration;
  readonly engine: 'native' | 'docker' | undefined;
  /** Whether it is `sign`, which pushes nothing, whatever the registry has. */
  readonly isPushing: boolean;
  readonly kinds: SignedKinds;
}

/** Runs `body`, and says what it has done, also where it fails. */
export async function reportJob(
  job: Job,
  run: Pick<JobRun, 'onFailure'>,
  body: (progress: JobProgress) => Promise<void>,
): Promise<Report<JobOutput>> {
  const { image, engine, kinds } = job;
  const progress = startProgress();
  const signsWithPush = engine === 'docker';
  return reportProgress(
    run,
    () => [{ image, signsWithPush, kinds, ...progress }],
    () => body(progress),
    (_, failure) => jobReport(job, progress, failure),
  );
}

/**
 * Runs `body`, and reports what it has done, also where it fails.
 * @param states what the registry has of each image by now, for a failure that nothing reports.
 */
export async function reportProgress<T, R>(
  run: Pick<JobRun, 'onFailure'>,
  states: () => readonly ImageInState[],
  body: () => Promise<T>,
  report: (result: T | undefined, failure?: unknown) => R,
): Promise<R> {
  run.onFailure(() => aftermathOf(states()));
  let result: T;
  try {
    result = await body();
  } catch (failure) {
    return report(undefined, failure);
  }
  return report(result);
}

/** The tags' content is known. The digest is handed on at once: no later failure makes it wrong. */
export function noteContents(
  progress: JobProgress,
  contents: ReadonlyMap<string, TagContent>,
  { setOutput }: Pick<JobRun, 'setOutput'>,
): void {
  progress.contents = contents;
  const digest = commonDigest(progress);
  if (digest !== undefined) setOutput('digest', digest);
}

/** Tags that point to different things have no digest in common to hand on. */
function commonDigest({ contents }: JobProgress): string | undefined {
  const [digest, ...others] = new Set([...contents.values()].map((content) => content.digest));
  return others.length === 0 ? digest : undefined;
}

function jobReport(job: Job, progress: JobProgress, failure?: unknown): Report<JobOutput> {
  const { gun, tags } = job.image;
  const { signed } = progress;
  const facts = factsOf(job, progress);
  const isDone = failure === undefined;
  const { body, ...summary } = describeJob(facts, isDone);
  const lines =
    signed && isDone
      ? [
          ...tags.map((tag) => `${gun}:${tag}  ${signedWords(signed.pinnedBy)}`),
          `${signed.roles.join(', ')}  key ${signed.signer.keyId}`,
        ]
      : [];
  return {
    title: 'Result',
    ...summary,
    body: [...lines.map((log) => ({ log })), ...body],
    facts,
    // `image` is what others deploy: only of a run that has done all it was asked for.
    outputs: isDone
      ? {
          'signed-tags':
            facts.key || facts.notaryProject ? [...progress.contents.keys()].join(',') : undefined,
          'key-id': signed?.signer.keyId,
          role: signed?.roles.join(','),
          image: facts.image,
        }
      : {},
    failure,
  };
}

/** The job summary. */
export function describeJob(
  facts: JobFacts,
  isDone: boolean,
): Pick<Report, 'heading' | 'subjects' | 'body'> {
  const { key, digest } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ['Image', code(facts.gun)],
    ['Digest', digest === undefined ? '' : code(digest)],
    ['Tags', facts.tags.map((tag) => tagCell(tag, isDone)).join('<br>')],
    ['Pushed', isDone ? '' : facts.pushed],
    ['Role', facts.roles.map(code).join(', ')],
    ['Key', key ? `${code(key.id)}<br>${escape(key.description)}` : ''],
    ['Root', rootCell(facts)],
    [
      'Expiry',
      facts.expires
        .map(({ role, expires }) => `${code(role)} ${expires.slice(0, 10)}`)
        .join('<br>'),
    ],
    ['Base images', facts.baseImages.map(baseImageCell).join('<br>')],
    [
      'Notary Project',
      facts.notaryProject?.map((made) => signatureCell(made, digest)).join('<br>') ?? '',
    ],
  ];
  return {
    heading: key || facts.notaryProject ? 'Signed image' : 'Image without a signature',
    subjects: facts.tags.map(({ tag }) => `${facts.gun}:${tag}`),
    body: [{ text: [], markdown: rows.filter(([, value]) => value !== '') }],
  };
}

function factsOf({ image, engine, isPushing, kinds }: Job, progress: JobProgress): JobFacts {
  const { registry, repository, gun, tags } = image;
  const { state, signed, contents, baseImages, attached } = progress;
  const digest = commonDigest(progress);
  return {
    registry,
    repository,
    gun,
    digest,
    image: digest === undefined ? undefined : `${gun}@${digest}`,
    pushed: isPushing ? pushedIn(state) : 'no',
    tags: tags.map((tag) => {
      const its = tagStateOf(state, tag);
      const { digest: found, length } = contents.get(tag) ?? {};
      const isAttached = attached.some((signature) => signature.digest === found);
      return {
        tag,
        digest: found,
        length,
        signed: kinds === 'notary-project' ? isAttached : isSigned(its),
        state: its,
      };
    }),
    engine: signed && engine,
    key: signed && keyFacts(signed.signer),
    roles: signed?.roles ?? [],
    initialised: signed?.initialised ?? progress.initialised,
    pinnedBy: signed?.pinnedBy,
    expires: signed
      ? [...expiriesOf(signed.view)].map(([role, at]) => ({ role, expires: at.toISOString() }))
      : [],
    baseImages,
    ...(attached.length > 0 && { notaryProject: attached }),
  };
}

/** What is said of a tag, where there is something to be said. */
function tagCell({ tag, state, signed }: TagReport, isDone: boolean): string {
  if (isDone && signed && state === 'untouched') return code(tag);
  // A run that failed has to say which of its tags are signed, too.
  const text = stateTexts[state] || (isDone ? '' : 'signed');
  return code(tag) + (text === '' ? '' : ` (${text})`);
}

function rootCell({ key, initialised, pinnedBy }: JobFacts): string {
  if (!key) return '';
  return escape((initialised ? 'initialised by this run, ' : '') + rootWords(pinnedBy));
}

/** A signature; of which digest, where the image has several. */
function signatureCell(
  { digest, signature, expires, timestamp }: ImageSignature,
  common: string | undefined,
): string {
  const until = expires === undefined ? '' : `, until ${expires}`;
  const stamped = timestamp === undefined ? '' : `, time stamp ${timestamp}`;
  const of = digest === common ? '' : ` of ${code(digest)}`;
  return `signature ${code(signature)}${of}${until}${stamped}`;
}

function baseImageCell({ reference, status, digest, reason }: BaseImageReport): string {
  const details = [status.replaceAll('-', ' '), digest && code(digest), reason && escape(reason)];
  return `${code(reference)} ${details.filter((detail) => detail !== undefined).join(' ')}`;
}
