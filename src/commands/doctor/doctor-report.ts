/** What the findings of `doctor` look like. */
import { areas, type Finding, type Verdict } from '../../diagnosis/index.js';
import { TrustError } from '../../errors.js';
import { remediesOf } from '../../report/failure-of-many.js';
import { paragraph, type Paragraph, type Report } from '../../report/report.js';
import { tableOf, type Column } from '../../report/table.js';
import { code, escape, stepCell } from '../../report/text.js';

const marks: Readonly<Record<Verdict, string>> = {
  fail: '❌',
  warn: '⚠️',
  unknown: '❔',
  pass: '✅',
};

/** The worst first. */
const order: readonly Verdict[] = ['fail', 'warn', 'unknown', 'pass'];

/** The report of these findings; its failure, if a check failed. */
export function reportOf(found: readonly Finding[]): Report<'failed-checks'> {
  const findings = areas.flatMap((area) => found.filter((one) => one.area === area));
  const of = (verdict: Verdict): readonly Finding[] =>
    findings.filter((one) => one.verdict === verdict);
  const failed = of('fail');
  const counts = Object.fromEntries(order.map((verdict) => [verdict, of(verdict).length]));
  return {
    title: 'Diagnosis',
    heading: 'No check failed',
    failedHeading: `${failed.length} of ${findings.length} checks failed`,
    hasRemedies: true,
    body: [
      paragraph(order.map((verdict) => `${verdict}: ${of(verdict).length}`).join(', ')),
      { ...tableOf(findings, logColumns), markdown: [] },
      { ...tableOf(order.flatMap(of), summaryColumns), text: [] },
      ...order.flatMap((verdict) => remediesIn(of(verdict))),
    ],
    facts: { counts, findings },
    outputs: { 'failed-checks': failed.length > 0 ? failed.map(nameOf).join('\n') : undefined },
    ...(failed.length > 0 && { failure: checksFailed(failed, findings.length) }),
  };
}

function nameOf({ area, check, subject }: Finding): string {
  return `${area}: ${check}${subject === undefined ? '' : ` (${subject})`}`;
}

const logColumns: readonly Column<Finding>[] = [
  { heading: 'Verdict', text: ({ verdict }) => (verdict === 'fail' ? 'FAIL' : verdict) },
  { heading: 'Area', text: ({ area }) => area },
  { heading: 'Check', text: ({ check }) => check },
  { heading: 'Of', text: ({ subject = '-' }) => subject },
  { heading: 'Finding', text: ({ reason }) => reason },
];

/** The worst is first there, with its remedy beside it. */
const summaryColumns: readonly Column<Finding>[] = [
  {
    heading: 'Verdict',
    text: ({ verdict }) => verdict,
    markdown: ({ verdict }) => `${marks[verdict]} ${verdict}`,
  },
  {
    heading: 'Check',
    text: nameOf,
    markdown: ({ area, check, subject }) =>
      escape(`${area}: ${check}`) + (subject === undefined ? '' : `<br>${code(subject)}`),
  },
  {
    heading: 'Finding and remedy',
    text: ({ reason }) => reason,
    markdown: (finding) =>
      [
        escape(finding.reason),
        ...remediesOfFinding(finding).map((line) => `→ ${stepCell(line)}`),
      ].join('<br>'),
  },
];

function remediesOfFinding({ verdict, remedy }: Finding): readonly string[] {
  return verdict === 'pass' || remedy === undefined ? [] : remedy.split('\n');
}

/** The remedies below the names of their findings; one that several have stands there once. */
function remediesIn(findings: readonly Finding[]): readonly Paragraph[] {
  const namesOf = new Map<string, string[]>();
  for (const finding of findings) {
    const remedy = remediesOfFinding(finding)
      .map((line) => `  ${line}`)
      .join('\n');
    if (remedy === '') continue;
    const named = `${finding.verdict} ${nameOf(finding)}`;
    namesOf.set(remedy, [...(namesOf.get(remedy) ?? []), named]);
  }
  return [...namesOf].flatMap(([remedy, names]) =>
    ['', ...names, ...remedy.split('\n')].map((log) => ({ log })),
  );
}

function checksFailed(failed: readonly Finding[], count: number): TrustError {
  const each = failed.map((finding) => `${nameOf(finding)}: ${finding.reason}.`);
  const remedies = failed.map(({ remedy = 'Run doctor again.' }) => ({ remedy }));
  return new TrustError(
    'CHECKS_FAILED',
    [`${failed.length} of ${count} checks failed.`, ...each].join(' '),
    { remedy: remediesOf(remedies) },
  );
}
