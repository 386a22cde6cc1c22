/**
 * Recognises text that is canonical JSON as it stands, which is how servers store `signed`: then it
 * need be neither scanned for double keys nor printed again, which takes most of the time of a large file.
 */
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];
const [minus, zero, nine] = [0x2d, 0x30, 0x39];

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
        const end = numberEnd(text, at) ?? wordEnd(text, at);
        if (end === undefined) return undefined;
        at = end;
      }
    }
    if (open.length > mostDepth) return undefined;
  } while (open.length > 0);
  return at;
}

/** Where an integer ends that reads the same everywhere. */
function numberEnd(text: string, start: number): number | undefined {
  let end = text.charCodeAt(start) === minus ? start + 1 : start;
  for (let code = text.charCodeAt(end); code >= zero && code <= nine; end += 1) {
    code = text.charCodeAt(end + 1);
  }
  const isFraction = '.eE'.includes(text.charAt(end));
  const value = Number(text.slice(start, end));
  const isUsual = end > start && !isFraction && Number.isSafeInteger(value);
  return isUsual && !Object.is(value, -0) ? end : undefined;
}

function wordEnd(text: string, start: number): number | undefined {
  const found = ['true', 'false', 'null'].find((word) => text.startsWith(word, start));
  return found === undefined ? undefined : start + found.length;
}

/** Whether {@link canonicalEnd} can be asked about `text`, read from so many bytes. */
export function isPlain(text: string, bytes: number): boolean {
  return text.length === bytes && !text.includes('\\');
}
