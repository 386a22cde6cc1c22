/**
 * JSON that leaves the run: without the secrets of the run and harmless wherever it is printed.
 * Redacted before it is encoded, so that what stays is well-formed. And texts cut to a size.
 */
import type { SecretMasker } from './secret-masker.js';

/** What begins a command, moves a cursor or is not shown; JSON can spell all of it. */
const notPlain = /[#\u007f-\u009f\u2028\u2029]|\p{Default_Ignorable_Code_Point}/gu;

/**
 * `document` as JSON: the same to whoever parses it, but no line of it is a command to a host. With
 * a line end behind it.
 */
export function sanitizeJson(document: object, indent: number, masker: SecretMasker): string {
  const json = JSON.stringify(
    document,
    (_key, value: unknown) => (typeof value === 'string' ? masker.redact(value) : value),
    indent,
  );
  return `${json.replace(notPlain, inUnicode)}\n`;
}

function inUnicode(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** As many lines as fit, and what says how many do not. */
interface TruncatedLines {
  readonly kept: readonly string[];
  /** Empty when all of them fit. */
  readonly more: readonly string[];
}

/** The first of `lines` that fit into `maxBytes`, as UTF-8 with their line ends. */
export function truncateLines(lines: readonly string[], maxBytes: number): TruncatedLines {
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
