/** What Go, and so BuildKit, takes for white space. JavaScript's `\s` and `trim` differ. */

/** As a character class: Go's `unicode.IsSpace`. */
const space =
  '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leading = new RegExp(`^${space}+`);
const one = new RegExp(`^${space}$`);

/** BuildKit's reWhitespace, between the words of an instruction. */
export const blanks = /[\t\v\f\r ]+/;

/** Go's `unicode.IsSpace`. */
export function isSpace(char: string): boolean {
  return one.test(char);
}

/** Go's `strings.TrimLeftFunc(text, unicode.IsSpace)`. */
export function trimStart(text: string): string {
  return text.replace(leading, '');
}

/** Go's `strings.TrimSpace`, at the end only. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
