/** Everything that a command says when it ends, and how it is shown. No command prints a table. */
import { isTrustError, messageOf } from '../../errors.js';
import type { OutputName } from '../../inputs/index.js';
import { helpUrlOf } from '../../version.js';
import type { Failed } from './failure-of-many.js';
import { markdownOf, rowsOfSummary, textOf, type Table } from './table.js';
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
  /** Heading of the job summary. */
  readonly heading: string;
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

/** The job summary, as Markdown. */
export function summaryOf(
  { heading, body, failures = [] }: Pick<Report, 'heading' | 'body' | 'failures'>,
  error: ErrorFacts | undefined,
  warnings: readonly string[],
): string {
  const paragraphs = body
    .map((part) => ('markdown' in part ? markdownOf(part) : [part.summary ?? []].flat()))
    .filter((lines) => lines.length > 0);
  return [
    `### ${heading}${error ? ' (failed)' : ''}`,
    '',
    ...(error
      ? [
          `❌ [${code(error.code)}](${error.helpUrl}) ${escape(error.message)}`,
          '',
          escape(error.remedy),
          '',
        ]
      : []),
    ...paragraphs.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines])),
    ...(failures.length > 1
      ? failures.flatMap(({ name, error: { message } }) => [
          '',
          `❌ ${code(name)}: ${escape(message)}`,
        ])
      : []),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

/** The lines of the warnings, set apart from what is before them. */
function warningLines(warnings: readonly string[]): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map((line) => `> ⚠️ ${escape(line)}\n>`);
  return ['', ...truncateLines(lines, rowsOfSummary)];
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
