/**
 * Words and variables of Dockerfile instructions, after moby/buildkit
 * frontend/dockerfile/shell/lex.go. Pure.
 */

/** Splits at blanks outside quotes, quotes kept; undefined where a quote stays open. */
export function shellWords(text: string, escape = '\\'): string[] | undefined {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (char === escape && quote !== "'") {
      word += char + text.charAt(++index);
    } else if (quote !== '') {
      word += char;
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      word += char;
      quote = char;
    } else if (/\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += char;
    }
  }
  if (quote !== '') return undefined;
  if (word !== '') words.push(word);
  return words;
}

/** Gives the value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A word with its variables filled in. */
export interface Expansion {
  readonly value: string;
  /** Variables without a value, for which Docker puts nothing. */
  readonly unset: readonly string[];
}

/**
 * Removes quotes and fills in `$NAME`, `${NAME}`, `${NAME:-x}`, `${NAME-x}`, `${NAME:+x}`,
 * `${NAME+x}`, `${NAME:?x}` and `${NAME?x}`. Undefined for anything else, such as `${NAME#x}`, and
 * where `?` finds no value.
 */
export function expand(text: string, lookup: Lookup, escape = '\\'): Expansion | undefined {
  const scanner = new Scanner(text, lookup, escape);
  const value = scanner.read(() => false);
  return value === undefined ? undefined : { value, unset: scanner.unset };
}

class Scanner {
  readonly unset: string[] = [];
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly lookup: Lookup,
    private readonly escape: string,
  ) {}

  /** Reads up to the end, or to a character outside quotes for which `stop` says so. */
  read(stop: (char: string) => boolean): string | undefined {
    let value = '';
    let quoted = false;
    while (this.#at < this.text.length) {
      const char = this.text.charAt(this.#at);
      if (!quoted && stop(char)) return value;
      this.#at++;
      if (char === this.escape) {
        const next = this.text.charAt(this.#at++);
        // Inside double quotes only these lose their escape character.
        value += quoted && !['"', '$', this.escape].includes(next) ? char + next : next;
      } else if (char === '"') {
        quoted = !quoted;
      } else if (char === "'" && !quoted) {
        const end = this.text.indexOf("'", this.#at);
        if (end < 0) return undefined;
        value += this.text.slice(this.#at, end);
        this.#at = end + 1;
      } else if (char === '$') {
        const filled = this.#variable();
        if (filled === undefined) return undefined;
        value += filled;
      } else {
        value += char;
      }
    }
    return quoted ? undefined : value;
  }

  #variable(): string | undefined {
    const braced = this.text.charAt(this.#at) === '{';
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.text.slice(this.#at + (braced ? 1 : 0)))?.[0];
    if (name === undefined) return braced ? undefined : '$';
    this.#at += name.length + (braced ? 1 : 0);
    const value = this.lookup(name);
    if (!braced) return this.#or(name, value);
    const operator = /^(?:\}|:?[-+?])/.exec(this.text.slice(this.#at))?.[0];
    if (operator === undefined) return undefined;
    this.#at += operator.length;
    if (operator === '}') return this.#or(name, value);
    const before = this.unset.length;
    const word = this.read((char) => char === '}');
    if (word === undefined || this.text.charAt(this.#at) !== '}') return undefined;
    this.#at++;
    const isSet = operator.startsWith(':')
      ? value !== undefined && value !== ''
      : value !== undefined;
    const usesWord = operator.endsWith('+') ? isSet : !isSet;
    if (!usesWord) {
      // What the unused word refers to does not matter.
      this.unset.length = before;
      return operator.endsWith('+') ? '' : (value ?? '');
    }
    return operator.endsWith('?') ? undefined : word;
  }

  #or(name: string, value: string | undefined): string {
    if (value === undefined) this.unset.push(name);
    return value ?? '';
  }
}
