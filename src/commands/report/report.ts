/** Everything that a command says when it ends, and how it is shown. No command prints a table. */
import { isTrustError, messageOf } from '../../errors.js';
import type { OutputName } from '../../inputs/index.js';
import { helpUrlOf } from '../../version.js';
import type { Failed } from './failure-of-many.js';
import { markdownOf, textOf, type Table } from './table.js';
import { code, escape, truncateLines } from './text.js';

/** A text, where it is shown. */
export interface Paragraph {
  /** A line of the log. */
  readonly log?: string;
  /** Markdown in the summary. */
  readonly summary?: string;
}

/** A line of the log that the summary has as well. */
export function paragraph(text: string): Paragraph {
  return { log: text, summary: escape(text) };
}

/** Values of the outputs `O`, and of no other. */
export type OutputValues<O extends OutputName> = Readonly<
  Partial<Record<O, string | undefined> & Record<Exclude<OutputName, O>, undefined>>
>;

/** What a command's `run` returns; `O` are the outputs that it may set. */
export interface Report<O extends OutputName = never> {
  /** Title of the group of the log. */
  readonly title: string;
  /** Heading of the job summary: the verdict on `subjects`. */
  readonly heading: string;
  /** The images or repositories of the heading. Default: those of the inputs. */
  readonly subjects?: readonly string[];
  /** The heading of a run that failed, where the body has the message of each failure. */
  readonly failedHeading?: string;
  /** Whether the body has the remedies, too. */
  readonly hasRemedies?: boolean;
  /** In the order in which people read it. */
  readonly body: readonly (Table | Paragraph)[];
  /** The command's own fields of the trust report. */
  readonly facts: object;
  /** Undefined ones are not set. */
  readonly outputs: OutputValues<O>;
  /** What failed of several things that were tried, for summary and trust report. */
  readonly failures?: readonly Failed[];
  /** What the run fails with, once all this is said. */
  readonly failure?: unknown;
}

/** What the trust report says of a failure. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Where the documentation explains the code. */
  readonly helpUrl: string;
}

/** The body as lines of the log. */
export function logLines(body: Report['body']): readonly string[] {
  return body.flatMap((part) => ('text' in part ? textOf(part) : (part.log ?? [])));
}

/** What a summary is made from. */
type Summarised = Pick<
  Report,
  'heading' | 'subjects' | 'failedHeading' | 'hasRemedies' | 'body' | 'failures'
>;

/** The job summary, as Markdown: the verdict, what is to be done, warnings, then the details. */
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
      ? [failures.map(({ name, error: { message } }) => `- ❌ ${code(name)}: ${escape(message)}`)]
      : []),
    truncateLines(
      warnings.map((line) => `- ⚠️ ${escape(line)}`),
      mostWarnings,
    ),
    ...body.map((part) => ('markdown' in part ? markdownOf(part) : [part.summary ?? []].flat())),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .flatMap((lines) => [...lines, ''])
    .join('\n');
}

/** More than these hide the tables below them; the trust report has all. */
const mostWarnings = 50;

function headingOf(
  { heading, failedHeading, subjects = [] }: Summarised,
  error: ErrorFacts | undefined,
): string {
  const verdict = error ? `❌ ${failedHeading ?? `${heading} (failed)`}` : `✅ ${heading}`;
  const [first, ...others] = new Set(subjects);
  if (first === undefined) return `### ${verdict}`;
  return `### ${verdict}: ${code(first)}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

/** Code, message and remedies; a remedy per line. */
function errorBlocks(
  { failedHeading, hasRemedies = false }: Summarised,
  { code: errorCode, message, remedy, helpUrl }: ErrorFacts,
): readonly (readonly string[])[] {
  const remedies = remedy.split('\n').filter((line) => line.trim() !== '');
  return [
    [
      `[${code(errorCode)}](${helpUrl})${failedHeading === undefined ? `: ${escape(message)}` : ''}`,
    ],
    ...(hasRemedies ? [] : [['**What to do**'], remedies.map((line) => `- ${escape(line)}`)]),
  ];
}

/** What a run that fails says besides why it failed. */
export interface Aftermath {
  /** What it has changed, and what it does not know of that. */
  readonly sentences: readonly string[];
  /** What to do about it, a step each. */
  readonly steps: readonly string[];
}

/** Message and remedy of a failure, completed with what the run has made. */
export function completed(
  { message, remedy }: { readonly message: string; readonly remedy: string },
  { sentences, steps }: Aftermath,
): { readonly message: string; readonly remedy: string } {
  return {
    message:
      sentences.length === 0 ? message : [message.replace(/[.\s]*$/, '.'), ...sentences].join(' '),
    remedy: [remedy, ...steps].join('\n'),
  };
}

/** Code, message and remedy of whatever was thrown, completed with what the run has made. */
export function errorFacts(
  thrown: unknown,
  aftermath: Aftermath = { sentences: [], steps: [] },
): ErrorFacts {
  const failure = isTrustError(thrown)
    ? thrown
    : { code: 'UNEXPECTED', message: messageOf(thrown), remedy: 'See the log of the run.' };
  const { code } = failure;
  return { code, ...completed(failure, aftermath), helpUrl: helpUrlOf(code) };
}
