/** What the findings of `doctor` look like. */
import { areas, type Finding, type Verdict } from '../../diagnosis/index.js';
import { TrustError } from '../../errors.js';
import { remediesOf } from '../report/failure-of-many.js';
import { paragraph, type Paragraph, type Report } from '../report/report.js';
import { codeColumn, tableOf } from '../report/table.js';
import { code, escape } from '../report/text.js';

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
    heading: 'Diagnosis',
    body: [
      paragraph(order.map((verdict) => `${verdict}: ${of(verdict).length}`).join(', ')),
      tableOf(findings, [
        {
          heading: 'Verdict',
          text: ({ verdict }) => (verdict === 'fail' ? 'FAIL' : verdict),
          markdown: ({ verdict }) => `${marks[verdict]} ${verdict}`,
        },
        { heading: 'Area', text: ({ area }) => area },
        { heading: 'Check', text: ({ check }) => check },
        codeColumn('Of', ({ subject = '-' }) => subject),
        { heading: 'Finding', text: ({ reason }) => reason },
      ]),
      ...order.flatMap((verdict) => of(verdict).flatMap(remedyOf)),
    ],
    facts: { counts, findings },
    outputs: { 'failed-checks': failed.length > 0 ? failed.map(nameOf).join('\n') : undefined },
    ...(failed.length > 0 && { failure: checksFailed(failed, findings.length) }),
  };
}

function nameOf({ area, check, subject }: Finding): string {
  return `${area}: ${check}${subject === undefined ? '' : ` (${subject})`}`;
}

function remedyOf(finding: Finding): readonly Paragraph[] {
  const { verdict, remedy } = finding;
  if (verdict === 'pass' || remedy === undefined) return [];
  const lines = remedy.split('\n');
  const logged = ['', `${verdict} ${nameOf(finding)}`, ...lines.map((line) => `  ${line}`)];
  return [
    ...logged.map((log) => ({ log })),
    {
      summary: `${marks[verdict]} ${code(nameOf(finding))}<br>${lines.map(escape).join('<br>')}`,
    },
  ];
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
