/**
 * Hand-written guards between JSON and the typed model. `null` and absent mean Go's zero value, as
 * encoding/json reads them; every other surprise is an error naming the field.
 */
import { requireBase64 } from './base64.js';
import { MetadataError } from './error.js';
import type { JsonValue } from './json-text.js';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/** The own member `name` of a record; never something inherited, such as `constructor`. */
export function getOwnProperty<T>(
  record: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Requires an object; null and absent are errors. */
export function asObject(value: JsonValue | undefined, what: string): JsonObject {
  if (value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new MetadataError(`${what} is ${kindOf(value)}, not an object`);
  }
  return value as JsonObject;
}

/** As Go folds: the Kelvin sign is a k to it, and the long s an s. */
export function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/**
 * Requires an object with fields of fixed names. A field spelt in another case is refused: Go would
 * take it for the real one (encoding/json matches names regardless of case, the last one wins).
 */
export function asStruct(
  value: JsonValue | undefined,
  what: string,
  fields: readonly string[],
): JsonObject {
  const object = asObject(value, what);
  for (const name of Object.keys(object)) {
    const folded = foldCase(name);
    if (!fields.includes(name) && fields.includes(folded)) {
      throw new MetadataError(`${what} has the field ${JSON.stringify(name)} besides "${folded}"`);
    }
  }
  return object;
}

/**
 * A map of values that all pass `read`; null and absent read as empty. Without a prototype.
 * @param known reads what needs no name for its faults, which take long to put together.
 */
export function asRecord<T>(
  value: JsonValue | undefined,
  what: string,
  read: (member: JsonValue, what: string) => T,
  known: (member: JsonValue) => T | undefined = () => undefined,
): Readonly<Record<string, T>> {
  const record = Object.create(null) as Record<string, T>;
  if (value === undefined || value === null) return record;
  const object = asObject(value, what);
  for (const name of Object.keys(object)) {
    const member = object[name] ?? null;
    // Keys come from JSON, __proto__ may be one of them; without a prototype it is a plain key.
    record[name] = known(member) ?? read(member, `${what}[${JSON.stringify(name)}]`);
  }
  return record;
}

/** A list of values that all pass `read`; null and absent read as empty. */
export function asList<T>(
  value: JsonValue | undefined,
  what: string,
  read: (item: JsonValue, what: string) => T,
): readonly T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MetadataError(`${what} is ${kindOf(value)}, not a list`);
  return (value as readonly JsonValue[]).map((item, index) => read(item, `${what}[${index}]`));
}

/** The list itself, if it is no longer than genuine ones get. */
export function atMost<T>(most: number, list: readonly T[], what: string): readonly T[] {
  if (list.length <= most) return list;
  throw new MetadataError(`${what} has ${list.length} entries, more than ${most}`);
}

/** A string; null and absent read as empty. */
export function asString(value: JsonValue | undefined, what: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new MetadataError(`${what} is ${kindOf(value)}, not text`);
  return value;
}

/** A safe integer; null and absent read as 0. */
export function asInteger(value: JsonValue | undefined, what: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number') {
    throw new MetadataError(`${what} is ${kindOf(value)}, not a number`);
  }
  if (!Number.isSafeInteger(value)) {
    throw new MetadataError(`${what} is not an integer within ±(2^53-1)`);
  }
  return value === 0 ? 0 : value;
}

/** Strict base64, kept as text; null and absent read as empty. */
export function asBase64(value: JsonValue | undefined, what: string): string {
  const text = asString(value, what);
  requireBase64(text, what);
  return text;
}

function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
