/**
 * The secrets of a run, found in every form they may be printed in. Hosts mask too, but only what
 * they were told and only in their own log; the command line has no one else. Never prints anything.
 */
import { canonicalText, withoutEscapes } from './canonical-text.js';
import { PieceIndex } from './piece-index.js';

/**
 * Shorter values are not masked: they protect nothing, and blotting out every "1" or "ab" of a log
 * would make it unreadable and give the value away at once.
 */
export const shortestMask = 4;

/** A piece of base64 must be this long before it is taken for a trace of the secret. */
const shortestTrace = 8;

/** This much of a secret that nobody could have typed by chance is masked without the rest. */
const fragmentLength = 12;

/** What stands where a text was cut. */
const cutMark = /\s?(?:\.\.\.|…)/g;

/** Remembers secrets and blots them out of texts. */
export class SecretMasker {
  /** What hosts were told, so that they are told once. */
  readonly #told = new Set<string>();
  /** What is looked for as it stands, because too little is left of it without its escapes. */
  readonly #plain = new Set<string>();
  /** What is looked for in a text without its escapes. */
  readonly #needles = new Set<string>();
  readonly #fragments = new PieceIndex(fragmentLength);

  /** Adds `value` and gives the single-line forms that were not known before. */
  add(value: string): readonly string[] {
    const whole = value.trim();
    if (whole.length < shortestMask) return [];
    const traces = base64Traces(value, whole);
    const fresh = formsOf(whole, traces).filter((form) => !this.#told.has(form));
    for (const form of fresh) this.#told.add(form);
    for (const form of new Set([whole, ...secretLinesOf(whole), ...traces])) this.#remember(form);
    return fresh;
  }

  /** `text` with every known secret replaced by three asterisks. */
  redact(text: string): string {
    if (this.#needles.size === 0 && this.#plain.size === 0) return text;
    const found: (readonly [number, number])[] = [];
    for (const form of this.#plain) {
      for (const start of occurrences(text, form)) found.push([start, start + form.length]);
    }
    const canonical = canonicalText(text);
    for (const needle of this.#needles) {
      for (const start of occurrences(canonical.text, needle))
        found.push(canonical.rangeOf(start, start + needle.length));
    }
    for (const [start, end] of this.#cutOff(canonical.text))
      found.push(canonical.rangeOf(start, end));
    for (const [start, end] of this.#fragments.findIn(canonical.text))
      found.push(canonical.rangeOf(start, end));
    return found.length === 0 ? text : blotOut(text, found);
  }

  /** Where a secret begins that the end of a cut text breaks off. */
  *#cutOff(text: string): Generator<readonly [start: number, end: number]> {
    const ends = [...text.matchAll(cutMark)].map(({ index }) => index);
    if (ends.length === 0) return;
    for (const needle of this.#needles) {
      if (text.includes(needle.slice(0, shortestMask))) yield* beginnings(needle, text, ends);
    }
  }

  #remember(form: string): void {
    if (form.length < shortestMask) return;
    const text = withoutEscapes(form);
    if (text.trim().length < shortestMask) {
      this.#plain.add(form);
      return;
    }
    this.#needles.add(text);
    if (isDense(form)) this.#fragments.add(text);
  }
}

/** The forms of a secret that may stand in one line of a log, the value itself first. */
export function maskedForms(value: string): readonly string[] {
  const whole = value.trim();
  return whole.length < shortestMask ? [] : formsOf(whole, base64Traces(value, whole));
}

function formsOf(whole: string, traces: readonly string[]): readonly string[] {
  const derived = [
    // Through bytes and back, as encodeURIComponent throws at half a surrogate pair.
    encodeURIComponent(Buffer.from(whole, 'utf8').toString('utf8')),
    new URLSearchParams([['', whole]]).toString().slice(1),
    JSON.stringify(whole).slice(1, -1),
    ...traces,
  ];
  return [...new Set([...secretLinesOf(whole), ...derived])].filter(
    (form) => form.length >= shortestMask && !/[\r\n]/.test(form),
  );
}

/**
 * The lines of a secret. The frame and the headers of a PEM are public, and headers such as
 * "role: targets" are words that the log needs; only the lines of its body are secret.
 */
function secretLinesOf(whole: string): readonly string[] {
  const lines = whole.split(/\r\n|\r|\n/).map((line) => line.trim());
  return whole.includes('-----BEGIN ')
    ? lines.filter((line) => /^[A-Za-z0-9+/=]+$/.test(line))
    : lines;
}

/**
 * What of each of `values` shows in a base64 text, wherever in its three-byte rhythm the value begins:
 * so base64("user:" + value) is recognised as well. Both alphabets.
 */
function base64Traces(...values: readonly string[]): readonly string[] {
  return [...new Set([...new Set(values)].flatMap(tracesOf))];
}

function tracesOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    // Characters made of the value's bits alone; those shared with a neighbour may differ.
    const first = Math.ceil((shift * 8) / 6);
    const end = Math.floor(((shift + bytes.length) * 8) / 6);
    const trace = encoded.slice(first, end);
    if (trace.length < shortestTrace) return [];
    return [trace, trace.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** A key or token: long, and of all kinds of letters. No name and no sentence shares a piece with it. */
function isDense(form: string): boolean {
  return /^\S{24,}$/.test(form) && /[a-z]/.test(form) && /[A-Z]/.test(form) && /\d/.test(form);
}

function* occurrences(text: string, part: string): Generator<number> {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield at;
}

/**
 * The longest beginning of `part` right before each of `ends`, which ascend. In one walk (Knuth, Morris and
 * Pratt): a secret of many equal characters begins wherever one of them stands.
 */
function* beginnings(
  part: string,
  text: string,
  ends: readonly number[],
): Generator<readonly [start: number, end: number]> {
  const borders = [0];
  const next = (length: number, character: string | undefined): number => {
    let kept = length === part.length ? (borders[length - 1] ?? 0) : length;
    while (kept > 0 && part[kept] !== character) kept = borders[kept - 1] ?? 0;
    return part[kept] === character ? kept + 1 : kept;
  };
  for (let at = 1; at < part.length; at += 1) {
    borders.push(next(borders[at - 1] ?? 0, part[at]));
  }
  let [length, at] = [0, 0];
  for (const end of ends) {
    for (; at < end; at += 1) length = next(length, text[at]);
    if (length >= shortestMask) yield [end - length, end];
  }
}

/** Ranges that meet are one: what is left between two of them would say where one ended. */
function blotOut(text: string, ranges: readonly (readonly [number, number])[]): string {
  let [result, at] = ['', 0];
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    if (start > at || (start === 0 && at === 0 && result === ''))
      result += `${text.slice(at, start)}***`;
    at = Math.max(at, end);
  }
  return result + text.slice(at);
}
