/** A plain list: an image a line, `#` begins a comment. */
import type { Mention, Mentions } from './types.js';

/** Reads the list; every line that holds anything names an image. */
export function readPlainList(text: string): Mentions {
  const mentions: Mention[] = [];
  let offset = text.startsWith('\ufeff') ? 1 : 0;
  for (const [index, line] of text
    .slice(offset)
    .split(/\r\n|\r|\n/)
    .entries()) {
    const begin = offset + (line.length - line.trimStart().length);
    const entry = withoutComment(line.trim());
    if (entry !== '') {
      const end = begin + entry.length;
      mentions.push({ reference: entry, line: index + 1, start: begin, end, write: (to) => to });
    }
    offset += line.length;
    offset += text.startsWith('\r\n', offset) ? 2 : 1;
  }
  return { mentions, unnamed: [], mayNameNone: false };
}

/** A comment begins the line or follows one word; in anything longer it is part of what is wrong. */
function withoutComment(line: string): string {
  if (line.startsWith('#')) return '';
  const [word = '', ...rest] = line.split(/\s+/, 2);
  return rest[0]?.startsWith('#') === true ? word : line;
}
