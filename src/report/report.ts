/** Everything that a command says when it ends, and how it is shown. No command prints a table. */
import type { OutputName } from '../inputs/index.js';
import type { Failed } from './failure-of-many.js';
import { textOf, type Table } from './table.js';
import { escape } from './text.js';

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
  /** Heading of the job summary of a run that succeeded: the verdict on `subjects`. */
  readonly heading: string;
  /** The images or repositories of the heading. Default: those of the inputs. */
  readonly subjects?: readonly string[];
  /**
   * The verdict of a run that failed, where the body has the message of each failure. Default: that
   * the command failed.
   */
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

/** The body as lines of the log. */
export function logLines(body: Report['body']): readonly string[] {
  return body.flatMap((part) => ('text' in part ? textOf(part) : (part.log ?? [])));
}
