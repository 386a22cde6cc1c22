/** What `keys lost` says: lines for the log, job summary, trust report. Facts only. */
import type { Gun, RoleExpiry, SignedTag } from '../../../trust/index.js';
import { code, escape } from '../../report/report.js';
import { alignColumns } from '../../report/text-table.js';
import { factsOf } from '../describe-expiry.js';
import type { Finding } from './findings.js';
import type { Loss } from './judge.js';
import type { Step } from './situation.js';

/** A repository, and the way out. */
export interface WayOut {
  readonly gun: Gun;
  readonly loss: Loss;
  readonly findings: readonly Finding[];
  readonly steps: readonly Step[];
  readonly renewals: readonly RoleExpiry[];
  readonly tags: readonly SignedTag[];
}

/** Everything that is said. */
export interface LostFacts {
  readonly now: Date;
  /** Keys that were named and could not be opened. */
  readonly unopened: readonly { readonly name: string; readonly problem: string }[];
  readonly repositories: readonly WayOut[];
  readonly failures: readonly {
    readonly gun: Gun;
    readonly code: string;
    readonly message: string;
  }[];
  readonly warnings: readonly string[];
}

/** One repository as lines of text. */
export function wayOutLines({ findings, steps }: WayOut): readonly string[] {
  return [
    ...alignColumns(findings.map(({ about, text }) => [about, text])),
    '',
    ...(steps.length === 0
      ? ['Nothing has to be done.']
      : [
          'What to do:',
          ...steps.flatMap(({ text, commands }, index) => [
            `${index + 1}. ${text}`,
            ...commands.map((line) => `     ${line}`),
          ]),
        ]),
  ];
}

/** The trust report; `formatVersion` changes when a field changes its meaning. */
export function lostReport(facts: LostFacts): object {
  const { now, unopened, repositories, failures, warnings } = facts;
  return {
    formatVersion: 1,
    command: 'keysLost',
    at: now.toISOString(),
    unopenedKeys: unopened,
    repositories: repositories.map(({ gun, loss, findings, steps, renewals, tags }) => ({
      gun,
      missing: loss.kind,
      ...(loss.end && { end: { what: loss.end.what, at: loss.end.at.toISOString() } }),
      custody: loss.custody.map(({ role, keyIds, threshold, held, isAtHand }) => ({
        role,
        keyIds,
        threshold,
        heldKeyIds: held.map(({ keyId }) => keyId),
        isAtHand,
      })),
      findings,
      steps,
      roles: renewals.map((one) => factsOf(one, now)),
      signedTags: tags.map(({ tag, digest, roles }) => ({ tag, digest, roles })),
    })),
    failures,
    warnings,
  };
}

/** The job summary, as Markdown. */
export function lostSummary({ repositories, failures, warnings }: LostFacts): string {
  return [
    '### What the keys at hand still allow',
    '',
    ...repositories
      .slice(0, mostRepositories)
      .flatMap(({ gun, findings, steps }) => [
        `#### ${code(gun)}`,
        '',
        '| | |',
        '| --- | --- |',
        ...findings.map(({ about, text }) => `| ${about} | ${escape(text)} |`),
        '',
        ...(steps.length === 0 ? ['Nothing has to be done.', ''] : []),
        ...steps.flatMap(({ text, commands }, index) => [
          `${index + 1}. ${escape(text)}`,
          '',
          '   ```sh',
          ...commands.map((line) => `   ${line}`),
          '   ```',
          '',
        ]),
      ]),
    ...(repositories.length > mostRepositories
      ? [`and ${repositories.length - mostRepositories} more`, '']
      : []),
    ...failures.flatMap(({ gun, message }) => [`❌ ${code(gun)}: ${escape(message)}`, '']),
    ...warnings.map((line) => `> ⚠️ ${escape(line)}`),
    '',
  ].join('\n');
}

/** Hosts cut summaries that are too long; report and log have everything. */
const mostRepositories = 30;
