/**
 * Reads JSON text more strictly than JSON.parse, so that every reader of a document sees one and
 * the same meaning: no duplicate keys, no fractions or exponents, no invalid UTF-8, bounded depth.
 */
import { canonicalEnd, isPlain } from './canonical-text.js';
import { MetadataError } from './error.js';

/** Anything JSON can say. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Deeper documents are refused; genuine ones need seven levels, `custom` may add some. */
export const maxJsonDepth = 128;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes and parses `bytes`. @throws {MetadataError} naming what is wrong with the text.
 * @param allowFractions for documents of others than Notary v1, whose numbers may be any.
 */
export function readJson(
  bytes: Uint8Array,
  { allowFractions = false }: { readonly allowFractions?: boolean } = {},
): JsonValue {
  const [text, value] = parse(bytes);
  refuseAmbiguity(text, allowFractions);
  return value;
}

function parse(bytes: Uint8Array): readonly [string, JsonValue] {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new MetadataError('the file is not valid UTF-8', { cause });
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    // The parser's own message quotes the document; the position is enough for a reader.
    throw new MetadataError('the file is not valid JSON', { cause });
  }
  return [text, value];
}

/** A document of Notary v1, and the bytes of its `signed` in canonical form if they are in it so. */
export interface SignedText {
  readonly value: JsonValue;
  readonly canonical: Buffer | undefined;
}

/** As {@link readJson}, for a document with `signed`, as servers write it. @throws {MetadataError} */
export function readSignedJson(bytes: Buffer): SignedText {
  const [text, value] = parse(bytes);
  const end =
    text.startsWith(opening) && isPlain(text, bytes.length)
      ? canonicalEnd(text, opening.length, maxJsonDepth - 1)
      : undefined;
  // What is canonical says no key twice; the rest is short.
  refuseAmbiguity(end === undefined ? text : `${opening}0${text.slice(end)}`, false);
  return { value, canonical: end === undefined ? undefined : bytes.subarray(opening.length, end) };
}

const opening = '{"signed":';

/**
 * Scans text that JSON.parse has accepted, so tokens need not be checked again.
 * Go takes the last of two equal keys, like JSON.parse, but matches struct fields regardless of
 * case (encoding/json); two spellings are therefore refused here and in ./guards.ts.
 */
function refuseAmbiguity(text: string, allowFractions: boolean): void {
  // Outside of strings a digit before `.`, `e` or `E` only occurs in a number.
  const token = allowFractions ? /["{}[\]:]/g : /["{}[\]:]|\d[.eE]/g;
  const open: (Set<string> | null)[] = [];
  let lastString = '""';
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    switch (match[0]) {
      case '{':
      case '[':
        open.push(match[0] === '{' ? new Set() : null);
        if (open.length > maxJsonDepth) {
          throw new MetadataError(`the file nests deeper than ${maxJsonDepth} levels`);
        }
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"':
        token.lastIndex = endOfString(text, match.index);
        lastString = text.slice(match.index, token.lastIndex);
        break;
      case ':':
        addName(open.at(-1), textOf(lastString));
        break;
      default:
        // Go decodes versions, lengths and thresholds into integers and refuses "8.0" and "1e2".
        throw new MetadataError('a number is not written as an integer');
    }
  }
}

function addName(names: Set<string> | null | undefined, name: string): void {
  if (names?.has(name) === true) {
    throw new MetadataError(`the key ${JSON.stringify(name)} appears twice in one object`);
  }
  // Go reads every lone surrogate as U+FFFD, so two such keys could become one.
  if (/\p{Surrogate}/u.test(name)) throw new MetadataError('a key contains a lone surrogate');
  names?.add(name);
}

/** What a string token says. */
function textOf(token: string): string {
  return token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
}
