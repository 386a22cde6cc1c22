/** What a run of `keys renew` says of itself: table for the log, job summary, trust report. Facts only. */
import type { Gun, SignerInfo, RoleExpiry } from '../../../trust/index.js';
import { code, escape } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';
import { firstEnd, nameOf, neededKeys, renewableBy } from '../renewal/describe.js';
import { factsOf, type failuresOf } from '../renewal/facts.js';

/** A repository after the run, or as a dry run foresees it. */
export interface RenewedRepository {
  readonly gun: Gun;
  /** What was signed again, or would be, each as it was before. */
  readonly renewed: readonly RoleExpiry[];
  /** What is due and stays so. */
  readonly remaining: readonly RoleExpiry[];
  /** Everything that ends, as it stands now. */
  readonly after: readonly RoleExpiry[];
}

/** Everything that is said. */
export interface RenewFacts {
  readonly now: Date;
  readonly withinDays: number;
  readonly dryRun: boolean;
  /** The keys at hand. */
  readonly keys: readonly SignerInfo[];
  readonly repositories: readonly RenewedRepository[];
  readonly failures: ReturnType<typeof failuresOf>;
  readonly warnings: readonly string[];
}

/** The table as lines of text: what was due, and what else there is as one line a repository. */
export function renewTable(facts: RenewFacts): readonly string[] {
  return facts.repositories.length === 0
    ? []
    : alignColumns([
        ['REPOSITORY', 'ROLE', 'EXPIRES', 'RESULT'],
        ...facts.repositories.flatMap((one) =>
          rowsOf(one, facts).map((cells) => [one.gun, ...cells]),
        ),
      ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function renewReport(facts: RenewFacts): object {
  const { now, withinDays, dryRun, keys, repositories, failures, warnings } = facts;
  return {
    formatVersion: 1,
    command: 'keysRenew',
    at: now.toISOString(),
    withinDays,
    dryRun,
    keys,
    repositories: repositories.map(({ gun, renewed, remaining, after }) => {
      const first = firstEnd(after);
      return {
        gun,
        ...(first && { firstExpiry: first.toISOString() }),
        renewed: renewed.map(({ role, expires }) => ({
          role,
          expiresBefore: expires?.toISOString(),
          ...(dryRun ? {} : { expires: endAfter(after, role)?.toISOString() }),
        })),
        remaining: remaining.map((one) => factsOf(one, now)),
        roles: after.map((one) => factsOf(one, now)),
      };
    }),
    failures,
    warnings,
  };
}

/** The job summary, as Markdown. */
export function renewSummary(facts: RenewFacts): string {
  const { dryRun, repositories, failures, warnings } = facts;
  const all = repositories.flatMap((one) => rowsOf(one, facts).map((cells) => [one.gun, ...cells]));
  const rows = all.slice(0, mostRows).map(([gun = '', role = '', expires = '', result = '']) => {
    const cells = [code(gun), role === '-' ? '' : code(role), expires, escape(result)];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    dryRun ? '### Trust data that would be renewed' : '### Renewed trust data',
    '',
    ...(rows.length === 0
      ? []
      : ['| Repository | Role | Expires | Result |', '| --- | --- | --- | --- |', ...rows]),
    ...moreLines(all.length - rows.length),
    ...failures.flatMap(({ gun, message }) => ['', `❌ ${code(gun)}: ${escape(message)}`]),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

function rowsOf(
  { renewed, remaining, after }: RenewedRepository,
  { dryRun }: RenewFacts,
): readonly (readonly [role: string, expires: string, result: string])[] {
  const rows = [
    ...renewed.map((one): [string, string, string] => [
      nameOf(one),
      day(one.expires),
      dryRun
        ? `would be renewed by ${renewableBy(one)}`
        : `renewed until ${day(endAfter(after, one.role))}`,
    ]),
    ...remaining.map((one): [string, string, string] => [
      nameOf(one),
      day(one.expires),
      one.remedy.kind === 'others'
        ? `NOT RENEWED: takes ${neededKeys(one)}`
        : `NOT RENEWED: takes ${renewableBy(one)}`,
    ]),
  ];
  return rows.length > 0 ? rows : [['-', day(firstEnd(after)), 'nothing is due']];
}

function endAfter(after: readonly RoleExpiry[], role: string): Date | undefined {
  return after.find((one) => one.role === role && one.part === 'file')?.expires;
}

function day(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? '-';
}
