/** Texts for people: in Markdown, and cut where they are too long. */

/** Text that Markdown and HTML leave alone inside a table cell. */
export function escape(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c)
    .replace(/[\\`*_[\]|]/g, '\\$&');
}

/** Like {@link escape} for what stands between back-ticks, where a backslash would show. */
export function code(text: string): string {
  return `\`${text.replace(/[`\r\n|]/g, '')}\``;
}

/** The first `most` of `lines`; behind them how many more there are. */
export function truncateLines(lines: readonly string[], most: number): readonly string[] {
  const left = lines.length - most;
  return left > 0 ? [...lines.slice(0, most), moreText(left)] : lines;
}

/** What is written in place of `count` that are left out. */
export function moreText(count: number): string {
  return `... and ${count} more, see the trust report`;
}

/** Names in a sentence: some of them, and how many more there are. */
export function truncateList(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
