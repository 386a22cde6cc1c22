/** Texts of many lines, cut to what a host takes and a person reads. */

/** As many lines as fit, and what says how many do not. */
export interface Budget {
  readonly kept: readonly string[];
  /** Empty when all of them fit. */
  readonly more: readonly string[];
}

/** The first of `lines` that fit into `maxBytes`, as UTF-8 with their line ends. */
export function withinBudget(lines: readonly string[], maxBytes: number): Budget {
  let bytes = 0;
  const count = lines.findIndex((line) => {
    bytes += Buffer.byteLength(line) + 1;
    return bytes > maxBytes;
  });
  if (count < 0) return { kept: lines, more: [] };
  // One line that is too long by itself is cut: nothing at all would tell less.
  const kept = count === 0 ? [shorten(lines[0] ?? '', maxBytes)] : lines.slice(0, count);
  const left = lines.length - kept.length;
  return { kept, more: left === 0 ? [] : ['', `... and ${left} more lines, see the trust report`] };
}

function shorten(line: string, maxBytes: number): string {
  return `${new TextDecoder().decode(Buffer.from(line).subarray(0, maxBytes)).replace(/\ufffd$/, '')}…`;
}
