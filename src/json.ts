/** Guards for JSON that another program wrote: nothing read from it is believed without them. */

/** Whether `value` is an object with named members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `value` as an object with named members, or undefined. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return isRecord(value) ? value : undefined;
}

/** `value` as a list; anything else is an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value` as a text that is not empty, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The JSON object in `text`, or undefined where there is none. */
export function parseJsonObject(
  text: string | Buffer,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return asRecord(JSON.parse(text.toString()));
  } catch (error) {
    // Not JSON is an answer here; the caller says what that means.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
