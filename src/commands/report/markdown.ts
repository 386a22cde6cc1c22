/** Text of ours and of others in Markdown. */

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
