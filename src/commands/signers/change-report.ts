/** What a change of signers says of itself: table for the log, job summary, trust report. Facts only. */
import type { TrustError } from '../../errors.js';
import type { KeyId, PullChange, ReleasesFate } from '../../trust/index.js';
import { code, escape } from '../report/report.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { alignColumns } from '../report/text-table.js';

/** What became of one repository. */
export interface SignerChange {
  readonly gun: string;
  readonly state:
    | 'added'
    | 'extended'
    | 'unchanged'
    | 'to be added'
    | 'to be extended'
    | 'removed'
    | 'not listed'
    | 'to be removed'
    | 'failed';
  /** Canonical IDs of the keys that came, or went. */
  readonly keyIds: readonly KeyId[];
  /** For a removal. */
  readonly releases?: ReleasesFate;
  /** Tags that are pulled differently now. */
  readonly pulls: readonly PullChange[];
  readonly error: TrustError | undefined;
}

/** Everything that is said. */
export interface ChangeFacts {
  readonly command: 'signersAdd' | 'signersRemove';
  readonly signer: string;
  readonly dryRun: boolean;
  /** The keys of a signer that is added; `reference` with the version that was read. */
  readonly keys: readonly {
    readonly keyId: KeyId;
    readonly type: string;
    readonly reference: string;
  }[];
  readonly changes: readonly SignerChange[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function changeTable(
  command: ChangeFacts['command'],
  changes: readonly SignerChange[],
): readonly string[] {
  const isRemoval = command === 'signersRemove';
  return alignColumns([
    [
      'REPOSITORY',
      'STATE',
      isRemoval ? 'KEYS REMOVED' : 'KEYS ADDED',
      ...(isRemoval ? ['RELEASES'] : []),
    ],
    ...changes.map(({ gun, state, keyIds, releases }) => [
      gun,
      state,
      keyIds.join(', ') || '-',
      ...(isRemoval ? [releases ?? '-'] : []),
    ]),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function changeReport({ changes, ...facts }: ChangeFacts): object {
  return {
    formatVersion: 1,
    ...facts,
    repositories: changes.map(({ error, ...change }) => ({
      ...change,
      ...(error ? { error: { code: error.code, message: error.message } } : {}),
    })),
  };
}

/** The job summary, as Markdown. */
export function changeSummary(facts: ChangeFacts): string {
  const { command, signer, dryRun, keys, changes, warnings } = facts;
  const verb = command === 'signersAdd' ? 'added' : 'removed';
  const rows = changes.slice(0, mostRows).map(({ gun, state, keyIds, error }) => {
    const mark = error ? '❌' : '✅';
    return `| ${code(gun)} | ${mark} ${state} | ${keyIds.map(code).join('<br>')} |`;
  });
  const more = changes.length - rows.length;
  return [
    `### Signer ${code(signer)} ${dryRun ? `would be ${verb}` : verb}`,
    '',
    ...keys.flatMap(({ keyId, type, reference }) => [
      `${code(keyId)} ${escape(type)}, ${code(reference)}`,
      '',
    ]),
    `| Repository | State | Keys ${verb} |`,
    '| --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    ...warningLines(warnings),
    '',
  ].join('\n');
}
