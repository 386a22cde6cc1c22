/** Guards for JSON that another program wrote; nothing read from it is believed without them. */

/** `value` as a JSON object, or undefined. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** `value` as a non-empty string, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `value` as an array; anything else is an empty one. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The JSON object in `text`, or undefined where there is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    // Not JSON is an answer here; the caller says what that means.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
