/**
 * Reads the claims of a token we were given for ourselves. Nothing here is verified: use it to
 * explain and to plan (expiry, granted actions), never to decide whom to trust.
 */
import { parseJsonObject } from '../json.js';

/** The payload of a JWT (RFC 7519) as an object, or undefined for an opaque token. */
export function unverifiedClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  return payload === undefined
    ? undefined
    : parseJsonObject(Buffer.from(payload, 'base64url').toString());
}
