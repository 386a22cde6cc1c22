/** Which tags are meant by names and patterns. */

/** Whether a tag is meant, and which of the names and patterns mean none of some tags. */
export interface Selection {
  readonly selects: (tag: string) => boolean;
  readonly without: (tags: Iterable<string>) => readonly string[];
}

/** The selection of `patterns`, in which `*` is any text and `?` one character; undefined: all. */
export function selectionOf(patterns: readonly string[] | undefined): Selection {
  if (!patterns) return { selects: () => true, without: () => [] };
  return {
    selects: (tag) => patterns.some((pattern) => fits(tag, pattern)),
    without: (tags) => {
      const known = [...tags];
      return patterns.filter((pattern) => !known.some((tag) => fits(tag, pattern)));
    },
  };
}

/** Greedy with one way back, the last `*`: never more than length times length steps. */
function fits(tag: string, pattern: string): boolean {
  let [at, next, star, resume] = [0, 0, -1, 0];
  while (at < tag.length) {
    // The wildcard first: a target of another client may be called "*".
    if (pattern[next] === '*') {
      star = next++;
      resume = at;
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === tag[at])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      next = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(next));
}
