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
  return Buffer.from(print(value, 0), 'utf8');
}

function print(value: JsonValue, depth: number): string {
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
  if (isArray(value)) return `[${value.map((item) => print(item, depth + 1)).join(',')}]`;
  let members = '';
  for (const name of inOrder(Object.keys(value))) {
    const member = print(value[name] ?? null, depth + 1);
    members += `${members === '' ? '' : ','}${quote(name)}:${member}`;
  }
  return `{${members}}`;
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
