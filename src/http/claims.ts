/**
 * Reads the claims of a token we were given for ourselves. Nothing here is verified: use it to
 * explain and to plan (expiry, granted actions), never to decide whom to trust.
 */

/** The payload of a JWT (RFC 7519) as an object, or undefined for an opaque token. */
export function unverifiedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  return payload === undefined
    ? undefined
    : parseJsonObject(Buffer.from(payload, 'base64url').toString());
}

/** The JSON object in `text`, or undefined where there is none. */
export function parseJsonObject(
  text: string | Buffer,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text.toString());
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** Whether `value` is an object with named members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
