/**
 * Takes the escapes of the usual formats out of a text, so that what they spell is found in it
 * however it is written: JSON, HTML, Markdown, Mermaid, percent encoding, in any mix and nested. Only
 * for comparing: texts that differ may get the same form.
 */

/** A text without its escapes, and where each of its characters stood. */
interface CanonicalText {
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

/**
 * Whether an ampersand begins an escape or was one is not to be told where formats are nested: the
 * `#34;` of `&amp;#34;` is one of Mermaid, and of HTML in HTML. So none stays.
 */
const ampersand = /&/g;

/** A text, and for each of its characters where what it came from begins and ends. */
interface Traced {
  readonly text: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** What an escape, or anything else that is replaced, begins with or is. */
const special = /[%\\&#\s+`|\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/** The text of {@link canonicalText}, for what need not be found again in the original. */
export function withoutEscapes(text: string): string {
  if (!special.test(text)) return text;
  let undone = text;
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const next = undone.replace(token, meaningOf);
    if (next === undone) break;
    undone = next;
  }
  return undone.replace(ampersand, '');
}

/** Undoes the escapes of `text`. */
export function canonicalText(text: string): CanonicalText {
  if (!special.test(text)) return { text, rangeOf: (start, end) => [start, end] };
  const indexes = Array.from({ length: text.length }, (_, index) => index);
  let traced: Traced = { text, starts: indexes, ends: indexes.map((index) => index + 1) };
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const next = replaced(traced, token, meaningOf);
    if (next.text === traced.text) break;
    traced = next;
  }
  const { text: canonical, starts, ends } = replaced(traced, ampersand, () => '');
  return {
    text: canonical,
    rangeOf: (start, end) => [starts[start] ?? 0, ends[end - 1] ?? 0],
  };
}

/** `traced` with everything that fits `pattern` replaced. */
function replaced(
  { text, starts, ends }: Traced,
  pattern: RegExp,
  meaning: (found: string) => string,
): Traced {
  const [pieces, nextStarts, nextEnds]: [string[], number[], number[]] = [[], [], []];
  let at = 0;
  const keep = (until: number): void => {
    pieces.push(text.slice(at, until));
    for (; at < until; at += 1) {
      nextStarts.push(starts[at] ?? 0);
      nextEnds.push(ends[at] ?? 0);
    }
  };
  for (const match of text.matchAll(pattern)) {
    keep(match.index);
    const instead = meaning(match[0]);
    const end = match.index + match[0].length;
    pieces.push(instead);
    const length = nextStarts.length + instead.length;
    while (nextStarts.length < length) {
      nextStarts.push(starts[match.index] ?? 0);
      nextEnds.push(ends[end - 1] ?? 0);
    }
    at = end;
  }
  keep(text.length);
  return { text: pieces.join(''), starts: nextStarts, ends: nextEnds };
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
