/** Which tags are meant by names and patterns. */
import { TrustError } from '../../errors.js';
import { parseTag } from '../../registry/index.js';

/** Whether a tag is meant, and which of the names and patterns mean none of some tags. */
export interface TagSelection {
  readonly selects: (tag: string) => boolean;
  readonly without: (tags: Iterable<string>) => readonly string[];
}

/** The selection of `patterns`, in which `*` is any text and `?` one character; undefined: all. */
export function selectTags(patterns: readonly string[] | undefined): TagSelection {
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

/** @throws {TrustError} INPUT_INVALID unless `text` is a tag, but for its wildcards. */
export function checkPattern(text: string): void {
  try {
    // A pattern is a tag in which any character may be a wildcard, even the first.
    parseTag(text.replace(/[*?]/g, '_'));
  } catch (cause) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is not a valid tag or pattern of tags`,
      { remedy: 'Give a tag such as 1.4.2, or a pattern such as nightly-* or 1.?.', cause },
    );
  }
}
