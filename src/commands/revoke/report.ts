/** What a run of `revoke` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape } from '../report/report.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { rootWords } from '../report/root-words.js';
import { alignColumns } from '../report/text-table.js';
import type { RevokedTag } from './outcome.js';

/** Everything that is said. */
export interface RevocationFacts {
  readonly registry: string;
  readonly repository: string;
  readonly gun: string;
  readonly dryRun: boolean;
  readonly key: { readonly id: string; readonly method: string; readonly description: string };
  readonly pinnedBy: string | undefined;
  readonly tags: readonly RevokedTag[];
  /** Names and patterns that mean no signed tag. */
  readonly notSigned: readonly string[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function revocationTable(tags: readonly RevokedTag[], dryRun: boolean): readonly string[] {
  return alignColumns([
    ['TAG', dryRun ? 'TO BE REMOVED FROM' : 'REMOVED FROM', 'STILL IN', 'PULL'],
    ...tags.map((tag) => [
      tag.tag,
      tag.removedFrom.join(', ') || '-',
      tag.stillIn.map(({ role }) => role).join(', ') || '-',
      pullOf(tag),
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function revocationReport(facts: RevocationFacts): object {
  return { formatVersion: 1, command: 'revoke', ...facts };
}

/** The job summary, as Markdown. */
export function revocationSummary(facts: RevocationFacts): string {
  const { gun, dryRun, key, tags, notSigned, warnings } = facts;
  const rows = tags.slice(0, mostRows).map((tag) => {
    const cells = [
      code(tag.tag),
      tag.removedFrom.map(code).join(', '),
      tag.stillIn.map(({ role }) => code(role)).join(', '),
      `${tag.pull === 'signed' ? '❌' : '✅'} ${escape(pullOf(tag))}`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const more = tags.length - rows.length;
  return [
    dryRun ? '### Tags that would be revoked' : '### Revoked tags',
    '',
    `${code(gun)} with key ${code(key.id)}; root ${escape(rootWords(facts.pinnedBy))}`,
    '',
    ...(rows.length === 0
      ? ['No such tag is signed.']
      : [
          `| Tag | ${dryRun ? 'To be removed from' : 'Removed from'} | Still in | Pull |`,
          '| --- | --- | --- | --- |',
          ...rows,
        ]),
    ...moreLines(more),
    ...(notSigned.length > 0 ? ['', `Not signed: ${notSigned.map(code).join(', ')}`] : []),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function pullOf({ pull, digest }: RevokedTag): string {
  if (pull === 'signed') return `STILL SIGNED ${digest ?? ''}`;
  return pull === 'refused' ? 'refused, though a role lists it' : 'refused';
}
