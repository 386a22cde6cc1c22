/** Patterns of image names: the full name without tag and digest, `*` for any part of it. */
import { TrustError } from '../../errors.js';

/** A pattern, and whether a full name such as `docker.io/library/alpine` fits it. */
export interface NamePattern {
  readonly text: string;
  readonly matches: (gun: string) => boolean;
}

/** @throws {TrustError} INPUT_INVALID for what no name could fit. */
export function parsePattern(text: string): NamePattern {
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
  // Linear whatever the pattern: the name is searched for one piece after the other.
  const pieces = text.toLowerCase().split('*');
  return { text, matches: (gun) => fits(gun.toLowerCase(), pieces) };
}

function fits(name: string, pieces: readonly string[]): boolean {
  const [first = '', ...others] = pieces;
  if (!name.startsWith(first)) return false;
  const last = others.pop();
  if (last === undefined) return name === first;
  let at = first.length;
  for (const piece of others) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
