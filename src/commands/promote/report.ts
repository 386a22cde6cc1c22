/** What a run of `promote` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape } from '../report/report.js';
import { alignColumns } from '../report/text-table.js';
import { sizeOf, type CopyFacts } from './copy.js';

/** One image, from its source to its tags. */
export interface PromotedFacts {
  /** As the input names it. */
  readonly source: string;
  /** Who has signed it at the source, as Docker names them, and in which roles. */
  readonly sourceSigners: readonly string[];
  readonly sourceRoles: readonly string[];
  readonly digest: string;
  /** Size of the manifest in bytes. */
  readonly length: number;
  /** The copy by digest. */
  readonly image: string;
  readonly tags: readonly string[];
  readonly copy: CopyFacts;
  /** Types of attached artifacts, which stay behind; undefined where the source does not say. */
  readonly attached: readonly string[] | undefined;
}

/** Everything that is said. */
export interface PromotionFacts {
  readonly registry: string;
  readonly repository: string;
  readonly gun: string;
  readonly dryRun: boolean;
  /** Whether the tags are signed, as read back. */
  readonly signed: boolean;
  /** Whether all of it was so before the run. */
  readonly unchanged: boolean;
  readonly key: { readonly id: string; readonly method: string; readonly description: string };
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
  const { gun, dryRun, unchanged, key, roles, images, warnings } = facts;
  const rows = images.slice(0, mostRows).map(({ source, tags, digest, copy, sourceSigners }) => {
    const signers = sourceSigners.map(escape).join(', ');
    const cells = [code(source), signers, tags.map(code).join(', '), code(digest), copyOf(copy)];
    return `| ${cells.join(' | ')} |`;
  });
  const more = images.length - rows.length;
  return [
    dryRun ? '### Images that would be promoted' : '### Promoted images',
    '',
    `To ${code(gun)}, ${dryRun ? 'to be signed' : 'signed'} with key ${code(key.id)} (${escape(key.description)}) in ${roles.map(code).join(', ')}`,
    ...(unchanged ? ['', 'All of it was there and signed before: nothing was changed.'] : []),
    '',
    '| Source | Signed by | Tags | Digest | Copy |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...(more > 0 ? ['', `and ${more} more`] : []),
    ...(warnings.length > 0 ? ['', ...warnings.map((line) => `> ⚠️ ${escape(line)}`)] : []),
    '',
  ].join('\n');
}

/** Hosts cut summaries that are too long; the report has every image. */
const mostRows = 200;

function copyOf({ manifests, blobs, mounted, bytes }: CopyFacts): string {
  if (manifests === 0) return 'was there';
  const taken = mounted > 0 ? `, ${mounted} of them taken over` : '';
  const size = bytes === undefined ? '' : `, ${sizeOf(bytes)}`;
  return `${manifests} manifests, ${blobs} blobs${taken}${size}`;
}
