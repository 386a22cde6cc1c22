/**
 * The flags at the beginning of an instruction's arguments, after extractBuilderFlags in
 * moby/buildkit frontend/dockerfile/parser/split_command.go.
 */

/** One word that begins with `--`. */
export interface FlagWord {
  /** As written. */
  readonly text: string;
  /** Its place in the arguments. */
  readonly index: number;
  /**
   * Whether it consists of printable ASCII characters without quotes and escape characters.
   * BuildKit takes other words apart byte by byte: none of them is worth a guess.
   */
  readonly isPlain: boolean;
}

export interface Flags {
  readonly flags: readonly FlagWord[];
  /** Where the other arguments begin. */
  readonly end: number;
  /** A quote in a flag stays open. */
  readonly isOpen: boolean;
}

/**
 * What ends a flag word for certain. BuildKit goes byte by byte, and so ends it within some letters
 * beyond ASCII too; such a word is not plain, and what follows in it is not looked at.
 */
const isBlank = (char: string): boolean => /^[\t\n\v\f\r ]$/.test(char);

/** Reads the flags that begin at `from`. */
export function scanFlags(args: string, from: number, escape: string): Flags {
  const flags: FlagWord[] = [];
  let at = from;
  for (;;) {
    while (isBlank(args.charAt(at))) at++;
    if (!args.startsWith('--', at)) return { flags, end: at, isOpen: false };
    const index = at;
    let quote = '';
    for (; at < args.length; at++) {
      const char = args.charAt(at);
      if (quote === '' && isBlank(char)) break;
      if (char === escape) at++;
      else if (quote !== '') quote = char === quote ? '' : quote;
      else if (char === '"' || char === "'") quote = char;
    }
    const text = args.slice(index, at);
    if (quote !== '') return { flags, end: at, isOpen: true };
    // What follows `--` is no flag.
    if (text === '--') return { flags, end: at, isOpen: false };
    flags.push({ text, index, isPlain: /^[!#-&(-[\]-_a-~]+$/.test(text) });
  }
}
