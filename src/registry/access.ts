/**
 * Access to one registry under whichever scheme it asks for: a token source for Bearer, and an HTTP
 * client that adds Basic credentials itself, to requests for that very host only.
 */
import type { HttpClient } from '../http/index.js';
import { basicAuthorization } from './credential.js';
import { createChallengeSource, createTokenSource, type ScopedTokens } from './token-source.js';
import type { TokenSourceOptions } from './types.js';

/** What clients of a registry, or of a trust server that logs in as one, need. */
export interface RegistryAccess extends ScopedTokens {
  readonly http: HttpClient;
}

/** Combines both; the registry is asked for its challenge at the first use of either. */
export function createRegistryAccess(options: TokenSourceOptions): RegistryAccess {
  const challenge = createChallengeSource(options);
  const { credential, host, http } = options;
  const withBasic: HttpClient = async (request) => {
    const isForeign = new URL(request.url).host !== host;
    const isAuthorized = Object.keys(request.headers ?? {}).some(
      (name) => name.toLowerCase() === 'authorization',
    );
    if (credential.kind !== 'basic' || isForeign || isAuthorized) {
      return http(request);
    }
    if ((await challenge.get())?.scheme !== 'basic') {
      return http(request);
    }
    const authorization = basicAuthorization(credential.username, credential.password);
    return http({ ...request, headers: { ...request.headers, Authorization: authorization } });
  };
  return { ...createTokenSource(options, challenge), http: withBasic };
}
