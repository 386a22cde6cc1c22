/** Texts for people: in Markdown, and cut where they are too long. */

/** Text that Markdown and HTML leave alone inside a table cell. */
export function escape(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c] ?? c)
    .replace(/[\\`*_[\]|]/g, '\\$&');
}

/** Like {@link escape}, but for words between back-ticks, such as the name of an input: they stay code. */
export function escapeProse(text: string): string {
  return text
    .split(/(`\w(?:[\w.:/@= -]*\w)?`)/)
    .map((part, i) => (i % 2 === 1 ? part : escape(part)))
    .join('');
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

/** The programs whose command lines stand in remedies. */
const commandAtEnd =
  /^(?:(?<words>.*:) )?(?<command>(?:acr-content-trust|az|docker|kubectl|notation|openssl) [a-z][^`]*)$/;

/** What a line of a remedy says, and the command line at its end that is to be copied. */
export function commandIn(line: string): readonly [words: string, command: string | undefined] {
  const { words = '', command } = commandAtEnd.exec(line)?.groups ?? {};
  return command === undefined ? [line, undefined] : [words, command];
}

/** A line of a remedy in a cell of a table. */
export function stepCell(line: string): string {
  const [words, command] = commandIn(line);
  if (command === undefined) return escapeProse(words);
  // Tables take the backslash before a bar away again, also in code.
  return `${escapeProse(words)} \`${command.replaceAll('|', String.raw`\|`)}\``.trimStart();
}

/** A number of things, such as `1 repository`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
