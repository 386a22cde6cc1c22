/**
 * A way in for the `notary` client alone. For reads it first asks for a token without credentials
 * and gives up when that is refused (notary v0.7.0, cmd/notary/tuf.go tokenAuth), as a registry
 * without anonymous pull does; with a token that allows nothing it goes on to use its credentials.
 * So here, and only here, such a token is handed out; the real server refuses it.
 */
import type { RequestListener } from 'node:http';

/** Wraps `listener`; `issue` makes a token without any access. */
export function withAnonymousTokens(
  listener: RequestListener,
  issue: () => Promise<string>,
): RequestListener {
  return (req, res) => {
    const isAnonymous = req.headers.authorization === undefined && req.method === 'GET';
    if (!isAnonymous || !(req.url ?? '').startsWith('/oauth2/token')) {
      listener(req, res);
      return;
    }
    issue().then(
      (token) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        res.end(JSON.stringify({ access_token: token, expires_in: 60 }));
      },
      (error: unknown) => {
        res.destroy(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
}
