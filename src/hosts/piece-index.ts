/**
 * Finds pieces of long texts within others. A key or token has thousands of pieces, and to remember
 * each takes longer than all else that a short run does with it: only every seventh place is noted.
 */

/** How much of a text is looked up at once. */
const gramLength = 6;

/** What stands around a gram: as much as a piece can have of it. */
interface Surroundings {
  readonly text: string;
  /** Where the gram begins in it. */
  readonly at: number;
}

/** Texts of which any piece of `pieceLength` characters, or more, is found. */
export class PieceIndex {
  /** Wherever a piece begins, a noted place with all of its gram is in it. */
  readonly #stride: number;
  readonly #pieceLength: number;
  readonly #known = new Set<string>();
  /** By grams. Each once: a text that repeats itself has few, and would be looked at many times. */
  readonly #places = new Map<string, Map<string, Surroundings>>();

  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength;
    this.#stride = pieceLength - gramLength + 1;
  }

  add(text: string): void {
    if (this.#known.has(text)) return;
    this.#known.add(text);
    for (let at = 0; at + gramLength <= text.length; at += this.#stride) {
      const gram = text.slice(at, at + gramLength);
      const from = Math.max(0, at + gramLength - this.#pieceLength);
      const around = { text: text.slice(from, at + this.#pieceLength), at: at - from };
      const places = this.#places.get(gram) ?? new Map<string, Surroundings>();
      this.#places.set(gram, places.set(`${around.at} ${around.text}`, around));
    }
  }

  /** Where pieces stand in `text`; a long one is found in parts that overlap. */
  *findIn(text: string): Generator<readonly [start: number, end: number]> {
    if (this.#places.size === 0) return;
    for (let at = 0; at + gramLength <= text.length; at += 1) {
      for (const place of this.#places.get(text.slice(at, at + gramLength))?.values() ?? []) {
        const [start, end] = widest(text, at, place);
        if (end - start >= this.#pieceLength) yield [start, end];
      }
    }
  }
}

/** How far `text` says the same as `of` on both sides of a gram. */
function widest(
  text: string,
  found: number,
  { text: of, at }: Surroundings,
): readonly [number, number] {
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
