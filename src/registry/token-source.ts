/**
 * Access tokens of a registry's token service (distribution specification, token authentication).
 * The credential goes to the registry's own host or a token service known to be its, and to no
 * other: a server that names a foreign realm gets nothing.
 */
import { TrustError } from '../errors.js';
import type { TokenSource } from '../http/index.js';
import { limits } from '../limits.js';
import { parseChallenge } from './challenge.js';
import type { Challenge } from './challenge.js';
import { sendToRegistry, unexpectedResponse } from './error-mapping.js';
import { requestToken } from './token-request.js';
import type { AccessToken, TokenSourceOptions } from './types.js';

/** Token services that are on another host than the registry they serve. */
const knownRealmHosts: Readonly<Record<string, string>> = {
  'registry-1.docker.io': 'auth.docker.io',
  'notary.docker.io': 'auth.docker.io',
  'registry.gitlab.com': 'gitlab.com',
};

/** A token this close to its end is not used any more. */
const expiryMarginMs = 30_000;

/**
 * Creates the {@link TokenSource} of one registry. Tokens are kept per scope until shortly before
 * they expire. It yields undefined where the registry wants no token, or Basic credentials only.
 * @throws {TrustError} (the source) REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED
 */
export function createTokenSource(
  options: TokenSourceOptions,
  getChallenge = createChallengeSource(options),
): TokenSource {
  const now = options.clock ?? (() => new Date());
  const tokens = new Map<string, AccessToken>();
  const pending = new Map<string, Promise<AccessToken>>();
  return async (scope) => {
    const challenge = await getChallenge();
    if (challenge?.scheme !== 'bearer') {
      return undefined;
    }
    const kept = tokens.get(scope);
    if (kept !== undefined && kept.expiresAtMs - expiryMarginMs > now().getTime()) {
      return kept.token;
    }
    const request =
      pending.get(scope) ??
      requestToken(options, challenge, scope, now).finally(() => pending.delete(scope));
    pending.set(scope, request);
    const fresh = await request;
    tokens.set(scope, fresh);
    return fresh.token;
  };
}

/** Asks for the registry's challenge once, and again only after a failure. */
export function createChallengeSource(
  options: TokenSourceOptions,
): () => Promise<Challenge | undefined> {
  let pending: Promise<Challenge | undefined> | undefined;
  return async () => {
    pending ??= ping(options);
    try {
      return await pending;
    } catch (error) {
      pending = undefined;
      throw error;
    }
  };
}

/** The challenge of the registry; undefined where it serves everyone. */
async function ping(options: TokenSourceOptions): Promise<Challenge | undefined> {
  const { host } = options;
  const path = options.ping ?? '/v2/';
  const response = await sendToRegistry(options.http, host, {
    method: 'GET',
    url: `https://${host}${path}`,
    maxBytes: limits.errorBodyBytes,
  });
  if (response.status === 200) {
    return undefined;
  }
  const challenge = parseChallenge(response.header('www-authenticate'));
  if (response.status !== 401 || challenge === undefined) {
    throw unexpectedResponse(host, `GET ${path}`, response);
  }
  if (challenge.scheme === 'bearer') {
    checkRealm(options, challenge.realm);
  }
  return challenge;
}

function checkRealm(options: TokenSourceOptions, realm: string): void {
  const { host, credential } = options;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const allowed = [host, knownRealmHosts[host], ...(options.allowedRealmHosts ?? [])];
  const isSafe = url?.protocol === 'https:' && url.username === '' && url.password === '';
  if (isSafe && (credential.kind === 'anonymous' || allowed.includes(url.host))) {
    return;
  }
  throw new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `Registry ${host} wants its credentials sent to ${url?.origin ?? 'something that is not a URL'}, ` +
      'which is not known to belong to it; nothing was sent',
    { remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.` },
  );
}
