/** What a run of `promote` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape, type TrustReport } from '../report/report.js';
import { stateTexts, type TagState } from '../signing/registry-state.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { rootWords } from '../report/root-words.js';
import { alignColumns } from '../report/text-table.js';
import { sizeOf, type CopyFacts } from './copy.js';

/** One image, from its source to its tags. */
export interface PromotedFacts {
  /** As the input names it. */
  readonly source: string;
  /** Who has signed it at the source, as Docker names them, and in which roles. */
  readonly sourceSigners: readonly string[];
  readonly sourceRoles: readonly string[];
  /** This and what follows from it: undefined when the run ended before it was verified. */
  readonly digest: string | undefined;
  /** Size of the manifest in bytes. */
  readonly length: number | undefined;
  /** The copy by digest. */
  readonly image: string | undefined;
  readonly tags: readonly string[];
  /** Undefined when the run ended before it was known what there is to copy. */
  readonly copy: CopyFacts | undefined;
  /** Types of attached artifacts, which stay behind; undefined where the source does not say. */
  readonly attached: readonly string[] | undefined;
}

/** Everything that is said. */
export interface PromotionFacts extends Pick<TrustReport, 'outcome' | 'error'> {
  readonly registry: string;
  readonly repository: string;
  readonly gun: string;
  readonly dryRun: boolean;
  /** Whether the target has the content; `unknown` when the copying broke off. */
  readonly copied: 'yes' | 'no' | 'unknown';
  /** What became of the tags. */
  readonly state: TagState;
  /** Whether all of it was so before the run. */
  readonly unchanged: boolean;
  /** Undefined when the run ended before it was open. */
  readonly key: TrustReport['key'];
  readonly roles: readonly string[];
  readonly initialised: boolean;
  readonly pinnedBy: string | undefined;
  readonly images: readonly PromotedFacts[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function promotionTable({ images, dryRun, gun }: PromotionFacts): readonly string[] {
  return alignColumns([
    ['SOURCE', dryRun ? 'WOULD BECOME' : 'BECAME', 'COPY'],
    ...images.map(({ source, tags, copy }) => [
      source,
      tags.map((tag) => `${gun}:${tag}`).join(', '),
      copyOf(copy),
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function promotionReport(facts: PromotionFacts): object {
  return { formatVersion: 1, command: 'promote', ...facts };
}

/** The job summary, as Markdown. */
export function promotionSummary(facts: PromotionFacts): string {
  const { gun, error, state, unchanged, images, warnings } = facts;
  const rows = images.slice(0, mostRows).map(({ source, tags, digest, copy, sourceSigners }) => {
    const signers = sourceSigners.map(escape).join(', ');
    const what = digest === undefined ? '' : code(digest);
    return `| ${[code(source), signers, tags.map(code).join(', '), what, copyOf(copy)].join(' | ')} |`;
  });
  const more = images.length - rows.length;
  return [
    titleOf(facts),
    '',
    ...(error
      ? [
          `❌ ${code(error.code)} ${escape(error.message)}`,
          '',
          escape(error.remedy),
          '',
          `Tags: ${stateTexts[state] || 'signed'}. Content: ${contentTexts[facts.copied]}.`,
          '',
        ]
      : []),
    `To ${code(gun)}${signatureOf(facts)}`,
    ...(unchanged ? ['', 'All of it was there and signed before: nothing was changed.'] : []),
    '',
    '| Source | Signed by | Tags | Digest | Copy |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

const contentTexts: Readonly<Record<PromotionFacts['copied'], string>> = {
  no: 'not copied by this run',
  unknown: 'copied in part',
  yes: 'copied',
};

function titleOf({ outcome, dryRun }: PromotionFacts): string {
  if (outcome === 'failed') return '### Images (not promoted)';
  return dryRun ? '### Images that would be promoted' : '### Promoted images';
}

function signatureOf({ key, roles, outcome, dryRun, pinnedBy }: PromotionFacts): string {
  if (!key || outcome === 'failed') return '';
  const when = dryRun ? 'to be signed' : 'signed';
  return `, ${when} with key ${code(key.id)} (${escape(key.description)}) in ${roles.map(code).join(', ')}; root ${escape(rootWords(pinnedBy))}`;
}

function copyOf(copy: CopyFacts | undefined): string {
  if (!copy) return '-';
  const { manifests, blobs, mounted, bytes } = copy;
  if (manifests === 0) return 'was there';
  const taken = mounted > 0 ? `, ${mounted} of them taken over` : '';
  const size = bytes === undefined ? '' : `, ${sizeOf(bytes)}`;
  return `${manifests} manifests, ${blobs} blobs${taken}${size}`;
}
