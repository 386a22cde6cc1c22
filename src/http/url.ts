/**
 * How URLs are shown and compared. A URL may carry a signature or token in its query or a password
 * in its authority, so neither ever reaches a message or a log line.
 */

/** Scheme, host and path of `url`, for messages: no credentials, no query, no fragment. */
export function displayUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/**
 * Where a same-origin redirect leads, or undefined for a location elsewhere. RFC 9110, 15.4: the
 * Location may be relative.
 */
export function sameOriginTarget(from: URL, location: string | undefined): URL | undefined {
  if (location === undefined || !URL.canParse(location, from.href)) {
    return undefined;
  }
  const target = new URL(location, from);
  return target.origin === from.origin && target.username === '' && target.password === ''
    ? target
    : undefined;
}
