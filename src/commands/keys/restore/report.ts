/** What a run of `keys restore` says of itself: table for the log, job summary, trust report. Facts only. */
import { formatKeyReference, type VaultReference } from '../../../signing/index.js';
import { code, escape, type TrustReport } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';
import type { BackupObject } from '../backup-folder/index.js';

/** An object of the backup, and what became of it. */
export interface RestoredObject {
  readonly object: BackupObject;
  readonly state: 'restored' | 'already there' | 'failed';
  /** With its version; undefined for one that failed. */
  readonly reference: VaultReference | undefined;
  /** Why it was not proven to sign; undefined when it signed, or failed. */
  readonly unproven: string | undefined;
  /** What it failed with, safe to be published. */
  readonly error: TrustReport['error'];
}

/** Everything that is said. */
export interface RestoreFacts {
  readonly folder: string;
  readonly vault: string;
  /** The vault that was backed up. */
  readonly source: string;
  readonly objects: readonly RestoredObject[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function restoreTable(objects: readonly RestoredObject[]): readonly string[] {
  return alignColumns([
    ['KIND', 'NAME', 'STATE', 'SIGNS', 'KEY ID'],
    ...objects.map((one) => [
      one.object.kind,
      one.object.name,
      one.state,
      signsOf(one),
      one.object.versions[0]?.keyId ?? 'unknown',
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function restoreReport({ folder, vault, source, objects, warnings }: RestoreFacts): object {
  return {
    formatVersion: 1,
    command: 'keysRestore',
    archive: folder,
    vault,
    source,
    objects: objects.map(({ object, state, reference, unproven, error }) => ({
      kind: object.kind,
      name: object.name,
      keyId: object.versions[0]?.keyId,
      state,
      ...(reference ? { reference: formatKeyReference(reference) } : {}),
      signs: state !== 'failed' && unproven === undefined,
      ...(unproven === undefined ? {} : { unproven }),
      error,
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function restoreSummary({ vault, folder, objects, warnings }: RestoreFacts): string {
  const rows = objects.slice(0, mostRows).map((one) => {
    const mark = one.state === 'failed' ? '❌' : '✅';
    const why = one.error ? `: ${escape(one.error.message)}` : '';
    return `| ${code(one.object.name)} | ${mark} ${one.state}${why} | ${escape(signsOf(one))} |`;
  });
  const more = objects.length - rows.length;
  return [
    '### Restored keys',
    '',
    `${code(folder)} to ${code(vault)}`,
    '',
    '| Name | State | Signs |',
    '| --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function signsOf({ state, unproven }: RestoredObject): string {
  if (state === 'failed') return '-';
  return unproven === undefined ? 'yes' : `not seen: ${unproven}`;
}
