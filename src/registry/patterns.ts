/** Patterns of image names and of tags: `*` is any text and, in a tag, `?` is one character. */
import { TrustError } from '../errors.js';
import { parseTag } from './image-name.js';

/** A pattern, and whether a full name such as `docker.io/library/alpine` fits it. */
export interface NamePattern {
  readonly text: string;
  readonly matches: (name: string) => boolean;
}

/**
 * Reads a pattern of full image names without tag and digest.
 * @throws {TrustError} INPUT_INVALID for what no name could fit.
 */
export function parseNamePattern(text: string): NamePattern {
  const [host = '', ...rest] = text.split('/');
  const isName = rest.length > 0 && /^[a-z0-9._:*[\]-]+$/i.test(host);
  if (!isName || !rest.every((part) => /^[a-z0-9._*-]+$/.test(part))) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is not a pattern of image names`,
      {
        remedy:
          'Give the registry and a path without tag, such as docker.io/library/* or mcr.microsoft.com/dotnet/*.',
      },
    );
  }
  const pattern = hostAndPath(text);
  const matches = (name: string): boolean => {
    // Apart, or "*.azurecr.io/*" would fit a folder of that name in any registry.
    const given = hostAndPath(name);
    return fits(given.host, pattern.host) && fits(given.path, pattern.path);
  };
  return { text, matches };
}

function hostAndPath(name: string): { readonly host: string; readonly path: string } {
  const text = name.toLowerCase();
  const slash = text.indexOf('/');
  return { host: text.slice(0, slash), path: text.slice(slash + 1) };
}

/** Which tags names and patterns select, and which of these select none of some tags. */
export interface TagSelection {
  readonly selects: (tag: string) => boolean;
  readonly without: (tags: Iterable<string>) => readonly string[];
}

/** The selection of `patterns`; undefined: all tags. */
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

/** @throws {TrustError} INPUT_INVALID unless `text` is a tag, apart from its wildcards. */
export function checkTagPattern(text: string): void {
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

/** Greedy, and goes back to the last `*` only: at most length times length steps. */
function fits(text: string, pattern: string): boolean {
  let [at, next, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    // The wildcard first: a target of another client may be called "*".
    if (pattern[next] === '*') {
      star = next++;
      resume = at;
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === text[at])) {
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
