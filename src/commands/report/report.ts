/**
 * What a run says of itself when it ends: the content of the trust report, and the job summary
 * (Markdown). Only facts that were seen; nothing here decides anything.
 */
import { code, escape } from './markdown.js';
import type { ErrorFacts } from './report-model.js';
import { rootWords } from './root-words.js';
import { stateTexts, type TagState } from '../signing/registry-state.js';

export { code, escape };

/** A base image as it was found and used. */
export interface BaseImageReport {
  readonly reference: string;
  readonly status: 'signed' | 'unsigned' | 'pinned-by-dockerfile' | 'not-checked';
  /** What the build used; absent where Docker chose. */
  readonly digest?: string;
  readonly reason?: string;
}

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
  readonly warnings: readonly string[];
}

/** The job summary of a run, as Markdown. */
export function summaryOf(report: TrustReport): string {
  const rows: [string, string][] = [
    ['Image', code(`${report.registry}/${report.repository}`)],
    ['Digest', report.digest === undefined ? '' : code(report.digest)],
    ['Tags', report.tags.map((tag) => tagCell(tag, report.outcome)).join('<br>')],
    ['Pushed', report.outcome === 'failed' ? report.pushed : ''],
    ['Role', report.roles.map(code).join(', ')],
    ['Key', report.key ? `${code(report.key.id)}<br>${escape(report.key.description)}` : ''],
    ['Root', rootCell(report)],
    [
      'Expiry',
      report.expires
        .map(({ role, expires }) => `${code(role)} ${expires.slice(0, 10)}`)
        .join('<br>'),
    ],
    ['Base images', report.baseImages.map(baseImageCell).join('<br>')],
  ];
  const table = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `| ${name} | ${value} |`);
  const warnings = report.warnings.map((warning) => `> ⚠️ ${escape(warning)}`);
  return [
    titleOf(report),
    '',
    ...(report.error
      ? [
          `❌ ${code(report.error.code)} ${escape(report.error.message)}`,
          '',
          escape(report.error.remedy),
          '',
        ]
      : []),
    '| | |',
    '| --- | --- |',
    ...table,
    ...(warnings.length > 0 ? ['', ...warnings] : []),
    '',
  ].join('\n');
}

function titleOf({ outcome, key }: TrustReport): string {
  if (outcome === 'failed') return '### Image (failed)';
  return key ? '### Signed image' : '### Image (not signed)';
}

/** What is said of a tag, where there is something to be said. */
function tagCell({ tag, state }: TagReport, outcome: TrustReport['outcome']): string {
  // A run that failed has to say which of its tags are well, too.
  const text = stateTexts[state] || (outcome === 'failed' ? 'signed' : '');
  return code(tag) + (text === '' ? '' : ` (${text})`);
}

function rootCell(report: TrustReport): string {
  if (!report.key) return '';
  const made = report.initialised ? 'initialised by this run, ' : '';
  return escape(made + rootWords(report.pinnedBy));
}

function baseImageCell({ reference, status, digest, reason }: BaseImageReport): string {
  const details = [status.replaceAll('-', ' '), digest && code(digest), reason && escape(reason)];
  return `${code(reference)} ${details.filter((detail) => detail !== undefined).join(' ')}`;
}
