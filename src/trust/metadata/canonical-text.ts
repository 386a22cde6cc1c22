/**
 * Recognises text that is canonical JSON as it stands, which is how servers store `signed`: then it
 * need be neither scanned for double keys nor printed again, which takes most of the time of a large file.
 */
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
/** What numbers and the words true, false and null are made of. */
const word = /-?\d+|true|false|null/y;

/**
 * Where the value ends that begins at `start` of `text`, which JSON.parse has accepted.
 * @returns undefined where it is not canonical for sure: only plain ASCII without escapes is looked at,
 * with the keys of each object in ascending order, so that none is there twice.
 */
export function canonicalEnd(text: string, start: number, mostDepth: number): number | undefined {
  /** The last key of each object that is open; null for a list. */
  const open: (string | null)[] = [];
  let at = start;
  do {
    switch (text.charCodeAt(at)) {
      case openBrace:
        open.push('');
        at += 1;
        break;
      case openBracket:
        open.push(null);
        at += 1;
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        at += 1;
        break;
      case comma:
        at += 1;
        break;
      case quote: {
        const end = text.indexOf('"', at + 1);
        if (text.charCodeAt(end + 1) === colon) {
          const name = text.slice(at + 1, end);
          const before = open[open.length - 1] ?? null;
          if (before === null || before >= name) return undefined;
          open[open.length - 1] = name;
          at = end + 2;
        } else at = end + 1;
        break;
      }
      default: {
        word.lastIndex = at;
        const found = word.exec(text)?.[0];
        if (found === undefined || found === '-0') return undefined;
        if (/\d/.test(found) && !Number.isSafeInteger(Number(found))) return undefined;
        at += found.length;
        if (/[.eE]/.test(text.charAt(at))) return undefined;
      }
    }
    if (open.length > mostDepth) return undefined;
  } while (open.length > 0);
  return at;
}

/** Whether {@link canonicalEnd} can be asked about `text`, read from so many bytes. */
export function isPlain(text: string, bytes: number): boolean {
  return text.length === bytes && !text.includes('\\');
}
