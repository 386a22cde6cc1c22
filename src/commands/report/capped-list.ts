/** Lists that are told in part: the trust report has all of it. */

/** The first `most` of `lines`; behind them how many more there are. */
export function cappedList(lines: readonly string[], most: number): readonly string[] {
  const left = lines.length - most;
  return left > 0 ? [...lines.slice(0, most), moreText(left)] : lines;
}

/** What stands for `count` that are left out. */
export function moreText(count: number): string {
  return `... and ${count} more, see the trust report`;
}
