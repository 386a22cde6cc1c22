/**
 * Access tokens of a registry's token service (distribution specification, token authentication).
 * The credential goes to the registry's own host or a token service known to be its, and to no
 * other: a server that names a foreign realm gets nothing.
 */
import { isTrustError, TrustError } from '../errors.js';
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

/** Access tokens of one registry. */
export interface ScopedTokens {
  readonly token: TokenSource;
  /** Says which scopes will be asked for together, so that one token is asked for that has them all. */
  readonly expect: (...scopes: readonly string[]) => void;
}

/**
 * Creates the {@link TokenSource} of one registry. Tokens are kept per scope until shortly before
 * they expire. It yields undefined where the registry wants no token, or Basic credentials only.
 * @throws {TrustError} (the source) REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED
 */
export function createTokenSource(
  options: TokenSourceOptions,
  challenges = createChallengeSource(options),
): ScopedTokens {
  const now = options.clock ?? (() => new Date());
  const tokens = new Map<string, AccessToken>();
  const pending = new Map<string, Promise<AccessToken>>();
  const groups = new Set<readonly string[]>();
  const fetch = async (scope: string): Promise<string | undefined> => {
    const challenge = await challenges.get();
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
    try {
      const fresh = await request;
      tokens.set(scope, fresh);
      return fresh.token;
    } catch (error) {
      if (isTrustError(error, 'REGISTRY_FAILED') && challenges.doubt(challenge))
        return fetch(scope);
      throw error;
    }
  };
  return {
    token: async (scope) => {
      const group = [...groups].find((scopes) => scopes.some((wide) => covers(wide, scope)));
      if (group === undefined) return fetch(scope);
      try {
        return await fetch(group.join(' '));
      } catch (error) {
        if (!isTrustError(error, 'REGISTRY_LOGIN_REFUSED')) throw error;
        // One of them may be refused, and not the others; who asks for that one is to hear of it.
        groups.delete(group);
        return fetch(scope);
      }
    },
    expect: (...scopes) => {
      groups.add(scopes);
    },
  };
}

/** Whether `wide` is for the same as `scope`, such as `repository:team/app:pull`, and allows as much. */
function covers(wide: string, scope: string): boolean {
  const [of, allowed] = splitScope(wide);
  const [wanted, actions] = splitScope(scope);
  return of === wanted && actions.every((action) => allowed.includes(action));
}

function splitScope(scope: string): readonly [string, readonly string[]] {
  const end = scope.lastIndexOf(':');
  return [scope.slice(0, end), scope.slice(end + 1).split(',')];
}

/** How a registry wants to be asked. */
interface ChallengeSource {
  /** Asks once, and again only after a failure. */
  get(): Promise<Challenge | undefined>;
  /** Has the registry asked after all, if `challenge` is only what was known beforehand. */
  doubt(challenge: Challenge): boolean;
}

export function createChallengeSource(options: TokenSourceOptions): ChallengeSource {
  const { realm, host } = options;
  const known =
    realm === undefined ? undefined : ({ scheme: 'bearer', realm, service: host } as const);
  let pending = known && Promise.resolve<Challenge | undefined>(known);
  return {
    get: async () => {
      pending ??= ping(options);
      try {
        return await pending;
      } catch (error) {
        pending = undefined;
        throw error;
      }
    },
    doubt: (challenge) => {
      if (challenge !== known) return false;
      pending = undefined;
      return true;
    },
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
  // An address says nothing of the port of its scheme, and names of images may.
  const own = new URL(`https://${host}`).host;
  const allowed = [own, knownRealmHosts[host], ...(options.allowedRealmHosts ?? [])];
  const isSafe = url?.protocol === 'https:' && url.username === '' && url.password === '';
  if (isSafe && (credential.kind === 'anonymous' || allowed.includes(url.host))) {
    return;
  }
  throw new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `Registry ${host} asks to send its credentials to ${url?.origin ?? 'something that is not a URL'}, ` +
      'which is not known to belong to it; nothing was sent',
    { remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.` },
  );
}
