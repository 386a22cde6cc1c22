/** A plain list: an image a line, `#` begins a comment. */
import type { Mention, Mentions } from './types.js';

/** Reads the list; every line that holds anything names an image. */
export function readPlainList(text: string): Mentions {
  const mentions: Mention[] = [];
  let line = 0;
  for (const match of text.matchAll(/([^\r\n]*)(\r\n|\r|\n|$)/g)) {
    line += 1;
    const whole = match[1] ?? '';
    const begin = whole.startsWith('\ufeff') ? 1 : 0;
    const entry = /^\s*([^\s#]\S*)\s*(?:#.*)?$|^\s*([^\s#].*?)\s*$/.exec(whole.slice(begin));
    const reference = entry?.[1] ?? entry?.[2];
    if (reference === undefined) continue;
    const start = match.index + whole.indexOf(reference, begin);
    mentions.push({
      reference,
      line,
      start,
      end: start + reference.length,
      write: (text) => text,
    });
  }
  return { mentions, unnamed: [] };
}
