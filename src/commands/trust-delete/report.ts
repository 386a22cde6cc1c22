/** What a run of `trust delete` says of itself: lines for the log, job summary, trust report. Facts only. */
import type { TrustError } from '../../errors.js';
import type { Gun, KeyName } from '../../trust/index.js';
import { code, escape } from '../report/report.js';
import { moreLines, mostRows, warningLines } from '../report/summary.js';
import { alignColumns } from '../report/text-table.js';
import type { Loss } from './loss.js';

/** A repository before or after. */
export interface DeletedRepository {
  readonly gun: Gun;
  readonly state: 'deleted' | 'to be deleted' | 'nothing there' | 'not confirmed' | 'failed';
  /** Undefined where there is no trust data, or none that can be read. */
  readonly loss: Loss | undefined;
  /** Why what is there cannot be read. */
  readonly unreadable: string | undefined;
  readonly error: TrustError | undefined;
}

/** Everything that is said. */
export interface DeletionFacts {
  readonly dryRun: boolean;
  readonly repositories: readonly DeletedRepository[];
  readonly warnings: readonly string[];
}

/** What is lost, as lines of text. */
export function lossLines({ repositories }: DeletionFacts): readonly string[] {
  const tags = repositories.flatMap(({ gun, loss }) =>
    (loss?.tags ?? []).map(({ tag, digest, signers }) => [
      `${gun}:${tag}`,
      digest,
      signers.join(', '),
    ]),
  );
  const shown = tags.slice(0, mostRows);
  const rows = repositories.map(({ gun, state, loss, unreadable }) => [
    gun,
    state,
    ...countsOf(loss, unreadable),
    idsOf(loss?.rootKeys),
    idsOf(loss?.repositoryKeys),
  ]);
  return [
    ...alignColumns([
      ['REPOSITORY', 'STATE', 'SIGNED TAGS', 'SIGNERS', 'ROOT KEY', 'REPOSITORY KEY'],
      ...rows,
    ]),
    ...(shown.length > 0 ? alignColumns([['SIGNED TAG', 'DIGEST', 'SIGNERS'], ...shown]) : []),
    ...(tags.length > shown.length
      ? [`and ${tags.length - shown.length} more; the trust report has every one`]
      : []),
    ...repositories.flatMap(({ gun, unreadable }) =>
      unreadable === undefined
        ? []
        : [`What ${gun} has signed cannot be listed, because it cannot be read: ${unreadable}`],
    ),
  ];
}

/** What others will meet, where there is anything to delete. */
export function consequencesOf({ repositories, dryRun }: DeletionFacts): readonly string[] {
  const lost = repositories.filter(({ state }) => state !== 'nothing there' && state !== 'failed');
  const [first] = lost;
  if (!first) return [];
  const many = lost.length > 1 ? 'these repositories' : first.gun;
  const will = dryRun || lost.some(({ state }) => state !== 'deleted') ? 'would be' : 'are';
  return [
    `The images of ${many} stay, and ${will} unsigned: with content trust on, none can be pulled. Keys in vaults and files stay as well.`,
    `Clients that have read ${many} before keep the old root. Once there are signatures again, Docker stops there with "could not rotate trust to a new trusted root" until ~/.docker/trust/tuf/${first.gun}${lost.length > 1 ? ' (and so on)' : ''} is removed on each of them; so does whatever pins the old root key, unless it is the root key again.`,
    'The trust report lists every tag with its digest, so that it can be signed again.',
  ];
}

/**
 * The trust report: all that was there. `images` can be given to `sign` as it is, after the repository
 * was initialised anew. `formatVersion` changes when a field changes its meaning.
 */
export function deletionReport({ dryRun, repositories, warnings }: DeletionFacts): object {
  return {
    formatVersion: 2,
    command: 'trustDelete',
    dryRun,
    repositories: repositories.map(({ gun, state, loss, unreadable, error }) => ({
      gun,
      state,
      ...(unreadable !== undefined && { unreadable }),
      ...(error && { error: { code: error.code, message: error.message } }),
      ...(loss && {
        ...loss,
        images: loss.tags
          .filter(({ isPulled }) => isPulled)
          .map(({ tag, digest }) => `${gun}:${tag}@${digest}`),
      }),
    })),
    warnings,
  };
}

/** The job summary, as Markdown. */
export function deletionSummary(facts: DeletionFacts): string {
  const { dryRun, repositories, warnings } = facts;
  const isDone = !dryRun && repositories.every(({ state }) => state !== 'not confirmed');
  const rows = repositories.slice(0, mostRows).map(({ gun, state, loss, unreadable }) => {
    const mark = state === 'failed' || state === 'not confirmed' ? '❌' : '✅';
    const [tags, signers] = countsOf(loss, unreadable);
    const keys = (loss?.rootKeys ?? []).map(({ keyId }) => code(keyId)).join('<br>');
    return `| ${code(gun)} | ${mark} ${state} | ${tags} | ${escape(signers)} | ${keys} |`;
  });
  const more = repositories.length - rows.length;
  return [
    isDone ? '### Deleted trust data' : '### Trust data that would be deleted',
    '',
    '| Repository | State | Signed tags | Signers | Root key |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...moreLines(more),
    ...repositories.flatMap(({ gun, unreadable, error }) => [
      ...(unreadable === undefined
        ? []
        : ['', `Not readable: ${code(gun)}: ${escape(unreadable)}`]),
      ...(error ? ['', `❌ ${code(gun)}: ${escape(error.message)}`] : []),
    ]),
    ...consequencesOf(facts).flatMap((line) => ['', escape(line)]),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function idsOf(keys: readonly KeyName[] | undefined): string {
  return keys?.map(({ keyId }) => keyId).join(', ') ?? '-';
}

function countsOf(
  loss: Loss | undefined,
  unreadable: string | undefined,
): readonly [string, string] {
  if (unreadable !== undefined) return ['not readable', 'not readable'];
  if (!loss) return ['-', '-'];
  return [String(loss.tags.length), loss.signers.map(({ name }) => name).join(', ') || '-'];
}
