/** What all job summaries do alike: rows that are too many are left out, warnings stand at the end. */
import { cappedList, moreText } from './capped-list.js';
import { escape } from './markdown.js';

/** Hosts cut summaries that are too long; the report has every row. */
export const mostRows = 200;

/** The lines that say how many rows were left out; none if none were. */
export function moreLines(leftOut: number): readonly string[] {
  return leftOut > 0 ? ['', moreText(leftOut)] : [];
}

/** The lines of the warnings, set apart from what is before them. */
export function warningLines(warnings: readonly string[]): readonly string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map((line) => `> ⚠️ ${escape(line)}\n>`);
  return ['', ...cappedList(lines, mostRows)];
}
