/** Who we are to a registry. A credential goes to one host only and is never logged. */

/** Credentials a registry's token service takes. */
export type RegistryCredential =
  | {
      /** ACR's refresh token, or the identity token `docker login` keeps. */
      readonly kind: 'refresh-token';
      /** The token, or how to get one that is still valid (it expires within hours). */
      readonly token: string | (() => Promise<string>);
    }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'anonymous' };

/** The value of an Authorization header (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The Authorization header for a token, if there is one. */
export function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}
