/**
 * Finds pieces of long texts within others. A key or token has thousands of pieces, and to remember
 * each takes longer than all else that a short run does with it: only every seventh place is noted.
 */

/** How much of a text is looked up at once. */
const gramLength = 6;

interface Place {
  readonly of: string;
  readonly at: number;
}

/** Texts of which any piece of `pieceLength` characters, or more, is found. */
export class PieceIndex {
  readonly #pieceLength: number;
  /** Wherever a piece begins, a noted place with all of its gram is in it. */
  readonly #stride: number;
  readonly #known = new Set<string>();
  readonly #places = new Map<string, Place[]>();

  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength;
    this.#stride = pieceLength - gramLength + 1;
  }

  add(text: string): void {
    if (this.#known.has(text)) return;
    this.#known.add(text);
    for (let at = 0; at + gramLength <= text.length; at += this.#stride) {
      const gram = text.slice(at, at + gramLength);
      const places = this.#places.get(gram);
      if (places) places.push({ of: text, at });
      else this.#places.set(gram, [{ of: text, at }]);
    }
  }

  /** Where pieces stand in `text`. */
  *findIn(text: string): Generator<readonly [start: number, end: number]> {
    if (this.#places.size === 0) return;
    for (let at = 0; at + gramLength <= text.length; at += 1) {
      for (const place of this.#places.get(text.slice(at, at + gramLength)) ?? []) {
        const [start, end] = widest(text, at, place);
        if (end - start >= this.#pieceLength) yield [start, end];
      }
    }
  }
}

/** How far `text` says the same as `of` on both sides of a gram. */
function widest(text: string, found: number, { of, at }: Place): readonly [number, number] {
  let before = 0;
  while (before < Math.min(found, at) && text[found - before - 1] === of[at - before - 1]) {
    before += 1;
  }
  let after = gramLength;
  while (
    found + after < text.length &&
    at + after < of.length &&
    text[found + after] === of[at + after]
  ) {
    after += 1;
  }
  return [found - before, found + after];
}
