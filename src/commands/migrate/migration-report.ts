/** What a migration says in the end: for each repository, for each tag that is not signed both ways. */
import { TrustError } from '../../errors.js';
import {
  isKept,
  judgeSwitchOff,
  type RepositoryOutcome,
  type SwitchOff,
  type TagState,
} from '../../migration/index.js';
import type { ChainSigner } from '../../notation/index.js';
import { paragraph, type Report } from '../../report/report.js';
import { code, counted } from '../../report/text.js';
import { codeColumn, tableOf, type Column } from '../../report/table.js';
import { failureOfEach, failuresOf } from '../../repositories/index.js';
import type { Run } from '../run.js';
import type { MigrateConfiguration, Mode } from './migrate-inputs.js';

type Outputs = 'safe-to-switch-off' | 'missing-signatures';

/** How many tags of a repository are in which state. */
type Counts = Readonly<Record<TagState | 'expired' | 'refused' | 'new' | 'signed', number>>;

type Counted = RepositoryOutcome & { readonly counts: Counts };

export function migrationReport(
  outcomes: readonly RepositoryOutcome[],
  { mode, selection: { listings, shard } }: MigrateConfiguration,
  signer: ChainSigner | undefined,
  { log }: Pick<Run, 'log'>,
): Report<Outputs> {
  const listed = outcomes
    .filter(({ trustData }) => trustData !== 'unsigned')
    .map((outcome): Counted => ({ ...outcome, counts: countsOf([outcome]) }));
  const counts = countsOf(outcomes);
  const unsigned = outcomes.length - listed.length;
  const judged = judgeSwitchOff(outcomes);
  const switchOff = mode.kind === 'check' ? judged : undefined;
  const isWhole = listings.some(({ patterns }) => patterns === undefined) && shard === undefined;
  for (const line of warningsOf(counts)) log.warn(line);
  const answer = switchOff && answerOf(switchOff, isWhole);
  const [certificate] = signer?.chain.chain ?? [];
  return {
    title: 'Result',
    heading: headingOf(mode, answer),
    ...(answer && { failedHeading: answers[answer] }),
    body: [
      tableOf(
        listed,
        [...columns, ...(mode.kind === 'sign' ? [newColumn] : [])],
        ({ error, counts: { both, signed } }) => error !== undefined || both !== signed,
      ),
      tableOf(listed.flatMap(openTags), openColumns),
      paragraph(summaryOf(outcomes.length, unsigned, counts)),
      ...(switchOff && answer ? explain(switchOff, answer, outcomes.length).map(paragraph) : []),
    ],
    facts: {
      mode: mode.kind,
      shard,
      certificate: certificate && {
        subject: certificate.subjectText,
        thumbprint: certificate.thumbprint,
        expires: certificate.notAfter.toISOString(),
      },
      counts: { repositories: outcomes.length, unsigned, ...counts },
      switchOff: switchOff && { ...switchOff, isWholeRegistry: isWhole },
      repositories: listed.map(({ error, tags, ...repository }) => ({
        ...repository,
        tags: tags.map(({ error: _, ...tag }) => tag),
        ...(error && { error: { code: error.code, message: error.message } }),
      })),
    },
    outputs: {
      'safe-to-switch-off': answer,
      'missing-signatures': String(judged.missing),
    },
    failures: failuresOf(outcomes),
    failure: switchOff
      ? unsafe(switchOff, listed)
      : failureOfEach(outcomes, 'was not migrated as a whole'),
  };
}

function countsOf(outcomes: readonly RepositoryOutcome[]): Counts {
  const counts = {
    ...{ signed: 0, both: 0, new: 0, missing: 0, moved: 0, gone: 0, failed: 0 },
    ...{ expired: 0, refused: 0 },
  };
  for (const { tags, unverifiable } of outcomes) {
    for (const { state, isNew } of tags) {
      counts.signed += 1;
      counts[state] += 1;
      if (isNew) counts.new += 1;
    }
    for (const { state } of unverifiable) counts[state] += 1;
  }
  return counts;
}

/** Whether content trust can be switched off, which is done for a whole registry. */
type Answer = 'true' | 'false' | 'unknown';

function answerOf({ isSafe }: SwitchOff, isWhole: boolean): Answer {
  if (!isSafe) return 'false';
  return isWhole ? 'true' : 'unknown';
}

const answers: Readonly<Record<Answer, string>> = {
  true: 'It is safe to switch content trust off',
  false: 'It is NOT safe to switch content trust off',
  unknown: 'These repositories are ready for content trust to be switched off',
};

function headingOf({ kind }: Mode, answer: Answer | undefined): string {
  if (answer) return answers[answer];
  return kind === 'dry-run' ? 'What would be migrated' : 'Migrated to Notary Project';
}

const columns: readonly Column<Counted>[] = [
  codeColumn('Repository', ({ gun }) => gun),
  count('Signed tags', 'signed'),
  count('Both ways', 'both'),
  count('Missing', 'missing'),
  count('Moved', 'moved'),
  count('Deleted', 'gone'),
  count('Expired', 'expired'),
  {
    heading: 'Result',
    text: ({ error, counts: { both, signed } }) =>
      error ? `failed: ${error.code}` : both === signed ? 'complete' : 'see below',
    markdown: ({ error, counts: { both, signed } }) =>
      error ? `❌ ${code(error.code)}` : both === signed ? '✅ complete' : '⚠️ see below',
  },
];

const newColumn = count('Signed by this run', 'new');

function count(heading: string, name: keyof Counts): Column<Counted> {
  return { heading, text: ({ counts }) => String(counts[name]) };
}

/** A tag that is not signed both ways. */
interface OpenTag {
  readonly name: string;
  readonly state: string;
  readonly reason: string;
}

function openTags({ gun, tags, unverifiable }: RepositoryOutcome): readonly OpenTag[] {
  return [...tags.filter(({ state }) => state !== 'both'), ...unverifiable].map(
    ({ tag, state, reason = '' }) => ({ name: `${gun}:${tag}`, state, reason }),
  );
}

const openColumns: readonly Column<OpenTag>[] = [
  codeColumn('Not signed both ways', ({ name }) => name),
  { heading: 'State', text: ({ state }) => state },
  { heading: 'Why', text: ({ reason }) => reason },
];

function summaryOf(repositories: number, unsigned: number, counts: Counts): string {
  const { signed, both } = counts;
  return `${counted(repositories, 'repository', 'repositories')}, ${unsigned} of them without trust data: ${both} of ${signed} signed tags are signed both ways.`;
}

function warningsOf({ moved, gone, expired, refused }: Counts): readonly string[] {
  const told = [
    [
      moved,
      'the tag points elsewhere than it is signed for',
      'Sign it again, or revoke its signature.',
    ],
    [gone, 'the image was deleted', ''],
    [expired, 'the trust data has expired', 'Renew it, and run this again.'],
    [refused, 'Docker does not accept what the trust data lists', ''],
  ] as const;
  return told
    .filter(([number]) => number > 0)
    .map(([number, why, advice]) => `Not signed, because ${why}: ${number}. ${advice}`.trim());
}

function explain(
  { isSafe, lost }: SwitchOff,
  answer: Answer,
  repositories: number,
): readonly string[] {
  const reason = isSafe
    ? 'Every tag that verifies today has a Notary Project signature that verifies, and that holds the tag.'
    : 'Do not switch content trust off: that would delete signatures for which there are no others.';
  const part = `This answer is for ${counted(repositories, 'repository', 'repositories')}. Content trust is switched off for the whole registry: check all of it first.`;
  return [
    reason,
    ...(answer === 'unknown' ? [part] : []),
    'What is lost when content trust is switched off, whatever is signed:',
    ...lost.map((line) => `- ${line}`),
  ];
}

/** The failure of a check that says no. */
function unsafe(
  { isSafe, missing, unread }: SwitchOff,
  outcomes: readonly RepositoryOutcome[],
): TrustError | undefined {
  if (isSafe) return undefined;
  const open = outcomes.flatMap((outcome) => {
    const { gun, tags, error } = outcome;
    return [
      ...(error ? [`${gun} (${error.message.replace(/\.$/, '')})`] : []),
      ...tags
        .filter((tag) => !isKept(tag) && !tag.error)
        .map(({ tag, reason = '' }) => `${gun}:${tag} (${reason.replace(/\.$/, '')})`),
    ];
  });
  const parts = [
    ...(missing > 0
      ? [`Signed tags without a Notary Project signature that counts: ${missing}.`]
      : []),
    ...(unread > 0 ? [`Repositories that could not be checked: ${unread}.`] : []),
  ];
  const first = open.slice(0, mostNamed).join('; ');
  const rest = open.length - mostNamed;
  return new TrustError(
    'MIGRATION_INCOMPLETE',
    `It is not safe to switch content trust off. ${parts.join(' ')} ${first}${rest > 0 ? `; and ${rest} more` : ''}.`,
    {
      remedy:
        'Sign what is missing: run migrate without check.\nA tag that was moved: sign what it points to now with "sign --signatures both", or remove its signature with "revoke".\nThen check again.',
    },
  );
}

const mostNamed = 10;
