/** What `keys status` shows: table for the log, job summary, trust report. Facts only. */
import type { Gun, RoleExpiry } from '../../../trust/index.js';
import type { SignerInfo } from '../../../trust/index.js';
import { code, escape } from '../../report/report.js';
import { moreLines, mostRows, warningLines } from '../../report/summary.js';
import { alignColumns } from '../../report/text-table.js';
import { firstEnd, nameOf, renewableBy } from '../renewal/describe.js';
import { cellsOf, factsOf, type failuresOf } from '../renewal/facts.js';

/** Everything that is said. */
export interface StatusFacts {
  readonly now: Date;
  readonly withinDays: number;
  /** The keys at hand. */
  readonly keys: readonly SignerInfo[];
  readonly repositories: readonly { readonly gun: Gun; readonly renewals: readonly RoleExpiry[] }[];
  readonly failures: ReturnType<typeof failuresOf>;
  readonly warnings: readonly string[];
}

/** The table as lines of text. */
export function statusTable({ now, repositories }: StatusFacts): readonly string[] {
  return alignColumns([
    ['REPOSITORY', 'ROLE', 'EXPIRES', 'DAYS', 'STATE', 'RENEWABLE BY'],
    ...repositories.flatMap(({ gun, renewals }) =>
      renewals.map((one) => [gun, ...cellsOf(one, now)]),
    ),
  ]);
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function statusReport(facts: StatusFacts): object {
  const { now, withinDays, keys, repositories, failures, warnings } = facts;
  return {
    formatVersion: 1,
    command: 'keysStatus',
    at: now.toISOString(),
    withinDays,
    keys,
    repositories: repositories.map(({ gun, renewals }) => {
      const first = firstEnd(renewals);
      return {
        gun,
        ...(first && { firstExpiry: first.toISOString() }),
        roles: renewals.map((one) => factsOf(one, now)),
      };
    }),
    failures,
    warnings,
  };
}

/** The job summary, as Markdown. */
export function statusSummary(facts: StatusFacts): string {
  const { now, repositories, failures, warnings } = facts;
  const all = repositories.flatMap(({ gun, renewals }) => renewals.map((one) => ({ gun, one })));
  const rows = all.slice(0, mostRows).map(({ gun, one }) => {
    const [, expires = '', days = ''] = cellsOf(one, now);
    const cells = [
      code(gun),
      code(nameOf(one)),
      expires,
      days,
      `${marks[one.state]} ${one.state}`,
      escape(renewableBy(one)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '### When trust data expires',
    '',
    ...(rows.length === 0
      ? []
      : [
          '| Repository | Role | Expires | Days | State | Renewable by |',
          '| --- | --- | --- | --- | --- | --- |',
          ...rows,
        ]),
    ...moreLines(all.length - rows.length),
    ...failures.flatMap(({ gun, message }) => ['', `❌ ${code(gun)}: ${escape(message)}`]),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

const marks: Readonly<Record<RoleExpiry['state'], string>> = {
  valid: '✅',
  expiring: '⚠️',
  expired: '❌',
  'not published': '',
  'not validly signed': '⚠️',
};
