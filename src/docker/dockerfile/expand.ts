/**
 * Fills variables in, after moby/buildkit frontend/dockerfile/shell/lex.go. What BuildKit would
 * refuse, what its versions do not agree on, and what hangs on a value that is not known here has
 * no result; it is never taken for empty. Pure.
 */
import { replaceMatches, withoutPrefix, withoutSuffix } from './patterns.js';

/** A value that the build will have, and that cannot be known here. */
export const unknown = Symbol('unknown');

/** Gives the value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | typeof unknown | undefined;

/** A word with its variables filled in. */
export type Expansion =
  | {
      readonly value: string;
      /** Variables without a value, for which Docker puts nothing. */
      readonly unset: readonly string[];
    }
  | {
      readonly value?: undefined;
      /** Why there is no value; half a sentence. */
      readonly reason: string;
    };

/** Removes quotes and escape characters, and fills in `$NAME` and all forms of `${NAME...}`. */
export function expand(text: string, lookup: Lookup, escape = '\\'): Expansion {
  const scanner = new Scanner(text, lookup, escape);
  try {
    const value = scanner.read();
    const [name] = scanner.unknown;
    return name === undefined
      ? { value, unset: scanner.unset }
      : { reason: `${name} is not known here` };
  } catch (error) {
    if (error instanceof NoValue) return { reason: error.message };
    throw error;
  }
}

/** Ends the reading of a word; never leaves this file. */
class NoValue extends Error {}

/** `$@`, `$*`, ... and the digits, which no build argument can set. */
const name = /^(?:[0-9]+|[@*#?\-$!]|[A-Za-z_][A-Za-z0-9_]*)/;

/** No name of an image is as long; values that double one another would fill the memory. */
const longest = 64 * 1024;
const longestReplaced = 4096;

class Scanner {
  #filledIn = 0;
  readonly unset: string[] = [];
  readonly unknown: string[] = [];
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly lookup: Lookup,
    private readonly escape: string,
  ) {}

  /** Reads to the end or, given `stop`, past the next such character outside quotes. */
  read(stop?: string): string {
    let value = '';
    for (;;) {
      const char = this.#next();
      if (char === stop) return value;
      if (char === undefined) throw new NoValue(`${stop ?? ''} is missing in "${this.text}"`);
      if (char === this.escape) value += this.#next() ?? '';
      else if (char === "'") value += this.#singleQuoted();
      else if (char === '"') value += this.#doubleQuoted();
      else if (char === '$') value += this.#variable();
      else value += char;
    }
  }

  #next(): string | undefined {
    return this.#at < this.text.length ? this.text.charAt(this.#at++) : undefined;
  }

  #singleQuoted(): string {
    const end = this.text.indexOf("'", this.#at);
    if (end < 0) throw new NoValue(`a quote is not closed in "${this.text}"`);
    const value = this.text.slice(this.#at, end);
    this.#at = end + 1;
    return value;
  }

  #doubleQuoted(): string {
    let value = '';
    for (;;) {
      const char = this.#next();
      if (char === undefined) throw new NoValue(`a quote is not closed in "${this.text}"`);
      if (char === '"') return value;
      if (char === '$') value += this.#variable();
      else if (char !== this.escape) value += char;
      else {
        // Inside double quotes only these lose their escape character.
        const next = this.#next() ?? '';
        value += next === '' || ['"', '$', this.escape].includes(next) ? next : char + next;
      }
    }
  }

  #variable(): string {
    if (this.text.charAt(this.#at) !== '{') {
      const found = this.#name();
      return found === undefined ? '$' : this.#valueOf(found);
    }
    this.#at++;
    const found = this.#name();
    if (found === undefined) throw new NoValue(`"${this.text}" has a variable without a name`);
    const operator = this.#next();
    switch (operator) {
      case '}':
        return this.#valueOf(found);
      case ':':
        return this.#alternative(found, this.#next(), true);
      case '-':
      case '+':
      case '?':
        return this.#alternative(found, operator, false);
      case '#':
      case '%':
        return this.#trimmed(found, operator);
      case '/':
        return this.#replaced(found);
      case undefined:
      default:
        throw this.#unsupported(found);
    }
  }

  #name(): string | undefined {
    const found = name.exec(this.text.slice(this.#at))?.[0];
    // Go's letters are more than these; nobody names an argument so.
    if (/^[^\0-\x7f]/.test(this.text.slice(this.#at + (found?.length ?? 0)))) {
      throw new NoValue(`"${this.text}" has a variable with letters beyond A to Z`);
    }
    this.#at += found?.length ?? 0;
    return found;
  }

  #valueOf(variable: string): string {
    const value = this.lookup(variable);
    if (value === undefined) this.unset.push(variable);
    if (value === unknown) this.unknown.push(variable);
    return typeof value === 'string' ? this.#counted(value) : '';
  }

  /** A part of the result. @throws {NoValue} where all of them come to too much */
  #counted(value: string): string {
    this.#filledIn += value.length;
    if (this.#filledIn > longest) throw new NoValue('what its variables hold is too long');
    return value;
  }

  /** `${NAME:-word}`, `${NAME+word}`, `${NAME:?word}`, ... */
  #alternative(variable: string, operator: string | undefined, emptyIsUnset: boolean): string {
    if (operator !== '-' && operator !== '+' && operator !== '?') throw this.#unsupported(variable);
    const before = [this.unset.length, this.unknown.length] as const;
    const word = this.read('}');
    const value = this.lookup(variable);
    if (value === unknown) {
      this.unknown.push(variable);
      return '';
    }
    const isSet = emptyIsUnset ? value !== undefined && value !== '' : value !== undefined;
    if (operator === '+' ? isSet : !isSet) {
      if (operator === '?') throw new NoValue(`${variable} has no value`);
      return word;
    }
    // What the unused word refers to does not matter.
    [this.unset.length, this.unknown.length] = before;
    return operator === '+' ? '' : this.#counted(value ?? '');
  }

  /** `${NAME#pattern}`, `${NAME##pattern}`, `${NAME%pattern}`, `${NAME%%pattern}` */
  #trimmed(variable: string, operator: '#' | '%'): string {
    const longest = this.text.charAt(this.#at) === operator;
    if (longest) this.#at++;
    const pattern = this.#plainPart('}');
    const value = this.#plainValue(variable);
    const trim = operator === '#' ? withoutPrefix : withoutSuffix;
    // A pattern that begins with the operator by way of a variable is another operator to BuildKit.
    if (!longest && pattern.startsWith(operator)) throw this.#unsupported(variable);
    return trim(value, pattern, longest);
  }

  /** `${NAME/pattern/text}`, `${NAME//pattern/text}` */
  #replaced(variable: string): string {
    const every = this.text.charAt(this.#at) === '/';
    if (every) this.#at++;
    const pattern = this.#plainPart('/');
    const by = this.#plainPart('}');
    const value = this.#plainValue(variable);
    // To Go a dollar sign in the new text is a group of the pattern.
    // A pattern is tried at each place of the value.
    if (value.length > longestReplaced || value.length * pattern.length > longest) {
      throw new NoValue(`${variable} is too long for a pattern`);
    }
    if (value.length * by.length > longest) throw new NoValue('what it puts in place is too long');
    const result = by.includes('$') ? undefined : replaceMatches(value, pattern, by, every);
    if (result === undefined) throw this.#unsupported(variable);
    return this.#counted(result);
  }

  /** A part of a pattern; what quotes and escape characters in one mean depends on the version. */
  #plainPart(stop: string): string {
    const begin = this.#at;
    const part = this.read(stop);
    if (/['"\\`]/.test(this.text.slice(begin, this.#at) + part)) {
      throw new NoValue(`"${this.text}" has quotes or escape characters in a pattern`);
    }
    return part;
  }

  #plainValue(variable: string): string {
    const value = this.#valueOf(variable);
    // No pattern goes beyond a line end.
    if (value.includes('\n')) throw new NoValue(`${variable} has several lines`);
    return value;
  }

  #unsupported(variable: string): NoValue {
    return new NoValue(
      `"${this.text}" uses an expansion of ${variable} that is not supported here`,
    );
  }
}
