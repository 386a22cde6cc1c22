/** The job summary of a run: the verdict, what is to be done, warnings, then the details. */
import { errorFacts, type ErrorFacts, type Failure } from './failure.js';
import type { Report } from './report.js';
import { markdownOf } from './table.js';
import { code, commandIn, escapeProse, moreText } from './text.js';

/** What a summary is made from. */
export interface Summarised extends Pick<
  Report,
  'heading' | 'subjects' | 'failedHeading' | 'hasRemedies' | 'body' | 'failures'
> {
  /** The words of the command, such as `keys init`. */
  readonly command: string;
}

/** The job summary, as Markdown. */
export function summaryOf(
  report: Summarised,
  error: ErrorFacts | undefined,
  warnings: readonly string[],
): string {
  const { body, failures = [] } = report;
  const blocks = [
    [headingOf(report, error)],
    ...(error ? errorBlocks(report, error) : []),
    ...(failures.length > 1
      ? [
          failures.map(
            ({ name, error: { message } }) => `- ❌ ${code(name)}: ${escapeProse(message)}`,
          ),
        ]
      : []),
    warningLines(warnings.filter((line) => error === undefined || !repeats(line, error))),
    ...body.map((part) => ('markdown' in part ? markdownOf(part) : [part.summary ?? []].flat())),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => [...lines, ''])
    .join('\n');
}

/** The summary of a run that failed before a command could say more. */
export function failureSummary(failure: Failure): string {
  return summaryOf({ command: 'the run', heading: '', body: [] }, errorFacts(failure), []);
}

function headingOf(
  { command, heading, failedHeading, subjects = [] }: Summarised,
  error: ErrorFacts | undefined,
): string {
  const failed = `${command.charAt(0).toUpperCase()}${command.slice(1)} failed`;
  const verdict = error ? `❌ ${failedHeading ?? failed}` : `✅ ${heading}`;
  const [first, ...others] = new Set(subjects);
  if (first === undefined) return `### ${verdict}`;
  return `### ${verdict}: ${code(first)}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

/** Code, message and remedies. */
function errorBlocks(
  { failedHeading, hasRemedies = false }: Summarised,
  { code: errorCode, message, remedy, helpUrl }: ErrorFacts,
): readonly (readonly string[])[] {
  const link = `[${code(errorCode)}](${helpUrl})`;
  const [first = '', ...others] = message.split('\n');
  return [
    ...(failedHeading === undefined
      ? [[`${link}: ${escapeProse(first)}`], others.map(messageLine)]
      : [[link]]),
    ...(hasRemedies ? [] : [['**What to do**'], stepLines(remedy.split('\n'), '')]),
  ];
}

/** A line of a message that has several: of a list, such as that of all wrong inputs. */
function messageLine(line: string): string {
  return line.startsWith('  ') ? `  - ${escapeProse(line.trim())}` : `- ${escapeProse(line)}`;
}

/** A step of a list for each line; a command is a block of its own, to be copied. */
function stepLines(steps: readonly string[], indent: string): readonly string[] {
  return steps
    .filter((step) => step.trim() !== '')
    .flatMap((step, index, all) => {
      const [words, command] = commandIn(step);
      if (command === undefined) return [`${indent}- ${escapeProse(words)}`];
      const block = ['```sh', command.replace(/`{3,}|\r/g, ''), '```'];
      const inner = block.map((line) => `${indent}  ${line}`);
      if (words !== '') return [`${indent}- ${escapeProse(words)}`, ...inner];
      const isContinued = all[index - 1]?.endsWith(':') ?? false;
      return isContinued ? inner : [`${indent}- ${inner.join('\n').trimStart()}`];
    });
}

/** More than these hide the tables below them; the trust report has all. */
const mostWarnings = 50;

function warningLines(warnings: readonly string[]): readonly string[] {
  const left = warnings.length - mostWarnings;
  return [
    ...warnings.slice(0, mostWarnings).flatMap((warning) => {
      const [first = '', ...steps] = warning.split('\n');
      return [`- ⚠️ ${escapeProse(first)}`, ...stepLines(steps, '  ')];
    }),
    ...(left > 0 ? [moreText(left)] : []),
  ];
}

/** Whether a warning says what the failure says. */
function repeats(warning: string, { message }: ErrorFacts): boolean {
  return warning.includes(message);
}
