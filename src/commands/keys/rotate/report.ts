/** What a run of `keys rotate` says of itself: table for the log, job summary, trust report. Facts only. */
import type { TrustError } from '../../../errors.js';
import type { Gun, KeyId, KeyName, RoleName } from '../../../trust/index.js';
import { code, escape } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';

/** Keys of one role that went, and what came. */
export interface KeyChange {
  readonly role: RoleName;
  /** Canonical IDs. */
  readonly oldKeyIds: readonly KeyId[];
  /** Canonical; undefined for a key that is yet to be made. */
  readonly newKeyId: KeyId | undefined;
}

/** What became of a repository, or what would. */
export interface RotatedRepository {
  readonly gun: Gun;
  readonly state: 'rotated' | 'unchanged' | 'to be rotated' | 'failed';
  readonly exchanges: readonly KeyChange[];
  /** What is signed anew, and by which keys. */
  readonly signedBy: readonly { readonly role: RoleName; readonly keys: readonly string[] }[];
  /** Why there was nothing to do. */
  readonly unchanged: string | undefined;
  readonly rootKeys: readonly KeyName[];
  /** Roles that list an old key all the same. */
  readonly stillListed: readonly RoleName[];
  readonly error: TrustError | undefined;
}

/** Everything that is said. */
export interface RotationFacts {
  readonly role: RoleName;
  readonly dryRun: boolean;
  /** Undefined where a key is yet to be made, or the server made one for each repository. */
  readonly newKey: { readonly keyId: KeyId; readonly reference: string } | undefined;
  readonly repositories: readonly RotatedRepository[];
  readonly advice: readonly string[];
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function rotationTable(facts: RotationFacts): readonly string[] {
  return alignColumns([
    ['REPOSITORY', 'STATE', 'ROLE', 'OLD KEY', 'NEW KEY', 'SIGNED BY'],
    ...facts.repositories.flatMap((one) => rowsOf(one, facts)),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function rotationReport({ repositories, ...facts }: RotationFacts): object {
  return {
    formatVersion: 2,
    command: 'keysRotate',
    ...facts,
    repositories: repositories.map(({ error, ...repository }) => ({
      ...repository,
      ...(error ? { error: { code: error.code, message: error.message } } : {}),
    })),
  };
}

/** The job summary, as Markdown. */
export function rotationSummary(facts: RotationFacts): string {
  const { dryRun, role, repositories, advice, warnings } = facts;
  const all = repositories.flatMap((one) => rowsOf(one, facts).map((cells) => ({ one, cells })));
  const rows = all.slice(0, mostRows).map(({ one, cells }) => {
    const [gun = '', state = '', changed = '', old = '', added = ''] = cells;
    const mark = one.state === 'failed' ? '❌' : '✅';
    const keys = [old, added].map((text) => (text === '-' ? '' : code(text)));
    return `| ${code(gun)} | ${mark} ${state} | ${code(changed)} | ${keys.join(' | ')} |`;
  });
  const failures = repositories.flatMap(({ gun, error }) =>
    error ? ['', `❌ ${code(gun)}: ${escape(error.message)}`] : [],
  );
  return [
    dryRun ? `### Key of ${code(role)} that would be rotated` : `### Rotated key of ${code(role)}`,
    '',
    '| Repository | State | Role | Old key | New key |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    ...moreLines(all.length - rows.length),
    ...failures,
    ...advice.flatMap((line) => ['', escape(line)]),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function rowsOf(
  { gun, state, exchanges, signedBy }: RotatedRepository,
  { role, newKey }: RotationFacts,
): readonly (readonly string[])[] {
  if (exchanges.length === 0) return [[gun, state, role, '-', newKey?.keyId ?? '-', '-']];
  const signers = signedBy.map(({ role: file, keys }) => `${file}: ${keys.join(' + ')}`).join('; ');
  return exchanges.map(({ role: changed, oldKeyIds, newKeyId }) => [
    gun,
    state,
    changed,
    oldKeyIds.join(', ') || '-',
    newKeyId ?? newKey?.keyId ?? 'to be made',
    signers,
  ]);
}
