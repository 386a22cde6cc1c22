/**
 * Takes the escapes of the usual formats out of a text, so that what they spell is found in it
 * however it is written: JSON, HTML, Markdown, Mermaid, percent encoding, in any mix and nested. Only
 * for comparing: texts that differ may get the same form.
 */

/** A text without its escapes, and where each of its characters stood. */
export interface CanonicalText {
  readonly text: string;
  /** The part of the original that the characters from `start` to `end` came from. */
  rangeOf(start: number, end: number): readonly [start: number, end: number];
}

/** Escapes within escapes are undone to this depth. */
const mostPasses = 4;

/** What is white space or stands for it, and what is dropped: quoting, and what is not shown. */
const token =
  /(?:%[0-9a-f]{2})+|\\u\{[0-9a-f]{1,6}\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[bfnrt]|&#x[0-9a-f]{1,6};|&?#[0-9]{1,7};|&(?:amp|lt|gt|quot|apos|nbsp);|[\s+]+|[\\`|\p{Cc}\p{Default_Ignorable_Code_Point}]/giu;

const names: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Undoes the escapes of `text`. */
export function canonicalText(text: string): CanonicalText {
  let current = text;
  let starts = Array.from({ length: text.length }, (_, index) => index);
  let ends = starts.map((index) => index + 1);
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const [pieces, nextStarts, nextEnds]: [string[], number[], number[]] = [[], [], []];
    let at = 0;
    const keep = (until: number): void => {
      pieces.push(current.slice(at, until));
      for (; at < until; at += 1) {
        nextStarts.push(starts[at] ?? 0);
        nextEnds.push(ends[at] ?? 0);
      }
    };
    for (const match of current.matchAll(token)) {
      keep(match.index);
      const meaning = meaningOf(match[0]);
      const end = match.index + match[0].length;
      pieces.push(meaning);
      const length = nextStarts.length + meaning.length;
      while (nextStarts.length < length) {
        nextStarts.push(starts[match.index] ?? 0);
        nextEnds.push(ends[end - 1] ?? 0);
      }
      at = end;
    }
    keep(current.length);
    const next = pieces.join('');
    if (next === current) break;
    [current, starts, ends] = [next, nextStarts, nextEnds];
  }
  return {
    text: current,
    rangeOf: (start, end) => [starts[start] ?? 0, ends[end - 1] ?? 0],
  };
}

function meaningOf(escape: string): string {
  const lower = escape.toLowerCase();
  if (lower.startsWith('%')) return Buffer.from(lower.replaceAll('%', ''), 'hex').toString('utf8');
  if (/^\\[ux]/.test(lower))
    return characterOf(Number.parseInt(lower.replace(/[^0-9a-f]/g, ''), 16));
  if (/^\\[bfnrt]$/.test(lower) || /^[\s+]/.test(lower)) return ' ';
  if (lower.startsWith('&#x')) return characterOf(Number.parseInt(lower.slice(3, -1), 16));
  if (/^&?#/.test(lower)) return characterOf(Number.parseInt(lower.replace(/\D/g, ''), 10));
  if (lower.startsWith('&')) return names[lower.slice(1, -1)] ?? '';
  return '';
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
