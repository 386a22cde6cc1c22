/** Tables: said once as columns, shown as text in the log and as Markdown in the summary. */
import { limits } from '../limits.js';
import { code, escape, moreText, truncateLines } from './text.js';

/** A column of a table of `R`. */
export interface Column<R> {
  readonly heading: string;
  readonly text: (row: R) => string;
  /** The cell in Markdown. Default: the text, escaped. */
  readonly markdown?: (row: R) => string;
  /** Where the column is shown. Default: in both. */
  readonly only?: 'log' | 'summary';
}

/** A table as cells of text and of Markdown, headings included. */
export interface Table {
  readonly text: readonly (readonly string[])[];
  readonly markdown: readonly (readonly string[])[];
}

/**
 * The table of `rows`; without rows, or without columns, it shows nothing.
 * @param isFinding what people look for: first in the summary, which is cut when it is too long.
 */
export function tableOf<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  isFinding: (row: R) => boolean = () => false,
): Table {
  const findingsFirst = [...rows.filter(isFinding), ...rows.filter((row) => !isFinding(row))];
  const inLog = columns.filter(({ only }) => only !== 'summary');
  const inSummary = columns.filter(({ only }) => only !== 'log');
  const cells = (
    sorted: readonly R[],
    shown: readonly Column<R>[],
    heading: (column: Column<R>) => string,
    cell: (column: Column<R>, row: R) => string,
  ): Table['text'] =>
    rows.length === 0 || shown.length === 0
      ? []
      : [shown.map(heading), ...sorted.map((row) => shown.map((column) => cell(column, row)))];
  return {
    text: cells(
      rows,
      inLog,
      ({ heading }) => heading.toUpperCase(),
      ({ text }, row) => text(row),
    ),
    markdown: cells(
      findingsFirst,
      inSummary,
      ({ heading }) => heading,
      ({ text, markdown }, row) => markdown?.(row) ?? escape(text(row)),
    ),
  };
}

/** A column of names, IDs or digests. */
export function codeColumn<R>(heading: string, text: (row: R) => string): Column<R> {
  return {
    heading,
    text,
    markdown: (row) => {
      const cell = text(row);
      return cell === '' || cell === '-' ? '' : code(cell);
    },
  };
}

/** Logs with more rows are not read; the report has every row. */
const rowsOfLog = 500;

/** Hosts cut summaries that are too long; the report has every row. */
export const rowsOfSummary = 200;
const bytesOfTable = limits.summaryBytes / 4;

/** A line for each row, with the columns aligned; of very many, the first. */
export function textOf({ text }: Pick<Table, 'text'>): readonly string[] {
  const widths: number[] = [];
  for (const row of text.slice(0, rowsOfLog + 1)) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const [headings = [], ...rows] = text.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return text.length === 0 ? [] : [String(headings), ...truncateLines(rows, rowsOfLog)];
}

/** The table in Markdown; of very many rows, the first. */
export function markdownOf({ markdown }: Pick<Table, 'markdown'>): readonly string[] {
  const [headings, ...rows] = markdown;
  if (!headings) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  let bytes = 0;
  const shown = rows
    .slice(0, rowsOfSummary)
    .map(line)
    .filter((row) => (bytes += Buffer.byteLength(row)) <= bytesOfTable);
  const left = rows.length - shown.length;
  return [
    line(headings),
    line(headings.map(() => '---')),
    ...shown,
    ...(left > 0 ? ['', moreText(left)] : []),
  ];
}
