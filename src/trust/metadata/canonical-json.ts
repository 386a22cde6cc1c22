/**
 * Canonical JSON as docker/go prints it (canonical/json encode.go, canonical mode): the bytes that
 * signatures and key IDs cover. Keys are ordered by their UTF-8 bytes, not by UTF-16 units.
 */
import { MetadataError } from './error.js';
import { maxJsonDepth, type JsonValue } from './json-text.js';

/**
 * Prints `value` in canonical form. Only `"` and `\` are escaped; control characters stand as they
 * are. @throws {MetadataError} for numbers other than integers within ±(2^53-1): beyond those Go's
 * float64 and ours no longer agree.
 */
export function canonicalJson(value: JsonValue): Buffer {
  return Buffer.from(canonicalText(value), 'utf8');
}

/** As {@link canonicalJson}, as text and for a value so deep in its document. @throws {MetadataError} */
export function canonicalText(value: JsonValue, depth = 0): string {
  if (depth > maxJsonDepth) {
    throw new MetadataError(`the value nests deeper than ${maxJsonDepth} levels`);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new MetadataError(`the number ${value} is not an integer within ±(2^53-1)`);
    }
    return String(value === 0 ? 0 : value);
  }
  if (isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`;
  return canonicalRecord(value, (member) => canonicalText(member ?? null, depth + 1));
}

/** An object whose members `print` prints, in canonical order. */
export function canonicalRecord<T>(
  record: Readonly<Record<string, T>>,
  print: (member: T) => string,
): string {
  const names = inOrder(Object.keys(record));
  return `{${names.map((name) => `${quote(name)}:${print(record[name] as T)}`).join(',')}}`;
}

/** Without surrogates the order of UTF-16 units is that of UTF-8 bytes, and is found much faster. */
function inOrder(names: string[]): readonly string[] {
  if (names.length < 2) return names;
  return names.some((name) => /[\ud800-\udfff]/.test(name))
    ? names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    : names.sort();
}

function quote(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

/** Array.isArray does not narrow readonly arrays. */
function isArray(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
