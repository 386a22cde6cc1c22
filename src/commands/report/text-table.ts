/** Tables of plain text. */

import { moreText } from './capped-list.js';

/** Logs with more are not read; the report has every row. */
const mostRows = 500;

/** A line for each row, with the columns aligned. Of very many, the first. */
export function alignColumns(all: readonly (readonly string[])[]): readonly string[] {
  const rows = all.slice(0, mostRows + 1);
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return all.length > rows.length ? [...lines, moreText(all.length - rows.length)] : lines;
}
