/** JSON of envelopes: read strictly, so that no two readers see different things in it. */
import { foldCase, MetadataError, readJson, type JsonValue } from '../../trust/metadata/index.js';
import { RuleError } from '../rule-error.js';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * The object in `bytes`, which may spell none of the `known` members in another case: Go takes
 * such a member for the real one (encoding/json).
 * @throws {RuleError}
 */
export function readObject(
  bytes: Uint8Array,
  what: string,
  known: readonly string[] = [],
): JsonObject {
  let value: JsonValue;
  try {
    value = readJson(bytes, { allowFractions: true });
  } catch (cause) {
    if (!(cause instanceof MetadataError)) throw cause;
    throw new RuleError(`${what} is not JSON as it must be: ${cause.message}`, { cause });
  }
  return asObject(value, what, known);
}

/** @throws {RuleError} as {@link readObject} */
export function asObject(
  value: JsonValue | undefined,
  what: string,
  known: readonly string[] = [],
): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RuleError(`${what} is not a JSON object`);
  }
  for (const name of Object.keys(value)) {
    const real = known.find((one) => one.toLowerCase() === foldCase(name));
    if (real !== undefined && real !== name) {
      throw new RuleError(`${what} has the member ${JSON.stringify(name)} instead of "${real}"`);
    }
  }
  return value as JsonObject;
}

/** An own member of `object`. */
export function memberOf(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
