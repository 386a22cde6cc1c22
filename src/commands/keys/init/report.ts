/** What a run of `keys init` says of itself: table for the log, job summary, trust report. Facts only. */
import { code, escape, type TrustReport } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';

/** A key of the run; one that would only be made has no ID yet. */
export interface KeyFacts {
  /** URL, with version for a vault key; path for a file. */
  readonly reference: string;
  readonly keyId: string | undefined;
  readonly isNew: boolean;
}

/** What became of a repository. */
export interface InitialisedRepository {
  readonly gun: string;
  readonly state: 'initialised' | 'unchanged' | 'to be initialised' | 'failed';
  readonly repositoryKey: KeyFacts;
  /** What it failed with, safe to be published. */
  readonly error: TrustReport['error'];
}

/** Everything that is said. */
export interface InitFacts {
  readonly dryRun: boolean;
  readonly rootKey: KeyFacts;
  readonly repositories: readonly InitialisedRepository[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function initTable(facts: InitFacts): readonly string[] {
  return alignColumns([
    ['REPOSITORY', 'STATE', 'REPOSITORY KEY', 'KEY ID'],
    ...facts.repositories.map(({ gun, state, repositoryKey: { reference, keyId } }) => [
      gun,
      state,
      reference,
      keyId ?? '-',
    ]),
  ]);
}

/** Who must keep the root key, and what pipelines are to hold the repositories to. */
export function custodyOf({ rootKey, dryRun }: InitFacts, pinInput: string): readonly string[] {
  if (dryRun || rootKey.keyId === undefined) return [];
  return [
    `Root key: ${rootKey.reference}`,
    'It is needed to rotate keys, to renew the root, and to initialise more repositories; never to sign images. Let a few people keep it, and no pipeline reach it. If it is lost, no key of these repositories can be replaced any more: back it up with "keys backup".',
    `Pin it wherever these repositories are signed or verified: ${pinInput}: ${rootKey.keyId}`,
  ];
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function initReport({ dryRun, rootKey, repositories, warnings }: InitFacts): object {
  return {
    formatVersion: 1,
    command: 'keysInit',
    dryRun,
    rootKey,
    repositories,
    warnings,
  };
}

/** The job summary, as Markdown. */
export function initSummary(facts: InitFacts, pinInput: string): string {
  const { dryRun, rootKey, repositories, warnings } = facts;
  const rows = repositories.slice(0, mostRows).map(({ gun, state, repositoryKey }) => {
    const key = [repositoryKey.keyId, repositoryKey.reference].flatMap((text) =>
      text === undefined ? [] : [code(text)],
    );
    return `| ${code(gun)} | ${state === 'failed' ? '❌' : '✅'} ${state} | ${key.join('<br>')} |`;
  });
  const more = repositories.length - rows.length;
  return [
    dryRun ? '### Repositories that would be initialised' : '### Initialised repositories',
    '',
    '| Repository | State | Repository key |',
    '| --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    '',
    ...custodyOf(facts, pinInput).flatMap((line) => [escape(line), '']),
    ...(rootKey.keyId === undefined ? [`Root key: ${code(rootKey.reference)}, not made yet`] : []),
    ...warningLines(warnings),
    '',
  ].join('\n');
}
