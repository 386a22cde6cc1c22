/**
 * The patterns of `${NAME#pattern}`, `${NAME%pattern}` and `${NAME/pattern/text}`: `*` and `?`, and
 * everything else for itself. Takes time in proportion to pattern and text, whatever they hold.
 */

/** Takes the shortest, or the longest, beginning of `text` away that `pattern` matches. */
export function withoutPrefix(text: string, pattern: string, longest: boolean): string {
  const chars = Array.from(text);
  const end = matchEnd(chars, 0, Array.from(pattern), longest);
  return end === undefined ? text : chars.slice(end).join('');
}

/** The same at the end of `text`. */
export function withoutSuffix(text: string, pattern: string, longest: boolean): string {
  return reversed(withoutPrefix(reversed(text), reversed(pattern), longest));
}

/**
 * Puts `by` in place of the first match of `pattern`, or of every one; each match is as long as can
 * be. Undefined where the pattern matches nothing at all, a case that nobody means.
 */
export function replaceMatches(
  text: string,
  pattern: string,
  by: string,
  every: boolean,
): string | undefined {
  const chars = Array.from(text);
  const wanted = Array.from(pattern);
  let result = '';
  let at = 0;
  while (at < chars.length) {
    const end = matchEnd(chars, at, wanted, true);
    if (end === at) return undefined;
    if (end === undefined) {
      result += chars[at] ?? '';
      at++;
      continue;
    }
    result += by;
    at = end;
    if (!every) break;
  }
  if (text === '' && matchEnd([], 0, wanted, true) !== undefined) return undefined;
  return result + chars.slice(at).join('');
}

/** Where a match that begins at `start` ends: the nearest or the farthest place. */
function matchEnd(
  text: readonly string[],
  start: number,
  pattern: readonly string[],
  longest: boolean,
): number | undefined {
  // Which lengths of the pattern match what was read so far; a star also matches nothing.
  let states = skipStars([true], pattern);
  let end: number | undefined;
  for (let at = start; ; at++) {
    if (states[pattern.length] === true) {
      end = at;
      if (!longest) return end;
    }
    const char = text[at];
    if (char === undefined || !states.includes(true)) return end;
    const next: boolean[] = [];
    for (const [length, reached] of states.entries()) {
      if (!reached) continue;
      if (pattern[length] === '*') next[length] = true;
      else if (pattern[length] === '?' || pattern[length] === char) next[length + 1] = true;
    }
    states = skipStars(next, pattern);
  }
}

function skipStars(states: boolean[], pattern: readonly string[]): boolean[] {
  for (let length = 0; length < pattern.length; length++) {
    if (states[length] === true && pattern[length] === '*') states[length + 1] = true;
  }
  return states;
}

function reversed(text: string): string {
  return Array.from(text).reverse().join('');
}
