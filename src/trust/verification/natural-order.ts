/** The order people expect of tags: 1.9 before 1.10. */

/** Compares digit runs by value and everything else by code unit, as Docker sorts tags. */
export function natural(a: string, b: string): number {
  const [left, right] = [chunksOf(a), chunksOf(b)];
  for (const [index, chunk] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (chunk === other) continue;
    if (isNumber(chunk) && isNumber(other)) {
      const difference = compareNumbers(chunk, other);
      if (difference !== 0) return difference;
      continue;
    }
    return chunk < other ? -1 : 1;
  }
  if (left.length < right.length) return -1;
  // Equal but for leading zeros: fewer characters first, so that the order is total.
  return a.length - b.length || (a < b ? -1 : Number(a > b));
}

function chunksOf(text: string): readonly string[] {
  return text.match(/\d+|\D+/g) ?? [];
}

function isNumber(chunk: string): boolean {
  return /^\d/.test(chunk);
}

function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (x.length !== y.length) return x.length - y.length;
  return x === y ? 0 : x < y ? -1 : 1;
}
