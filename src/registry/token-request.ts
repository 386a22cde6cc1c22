/**
 * One request for an access token, in the three forms a credential can take. The answer's token is
 * masked before anybody sees it.
 */
import { TrustError } from '../errors.js';
import { unverifiedClaims } from '../http/index.js';
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Clock } from '../ports.js';
import type { Challenge } from './challenge.js';
import { basicAuthorization } from './credential.js';
import type { RegistryCredential } from './credential.js';
import { errorDetail, sendToRegistry, unexpectedResponse } from './error-mapping.js';
import type { AccessToken, TokenSourceOptions } from './types.js';

const clientId = 'acr-content-trust';
/** The protocol's default and least lifetime, in seconds. */
const minimumLifetimeS = 60;

/** @throws {TrustError} REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED, REGISTRY_UNREACHABLE */
export async function requestToken(
  options: TokenSourceOptions,
  challenge: Extract<Challenge, { scheme: 'bearer' }>,
  scope: string,
  now: Clock,
): Promise<AccessToken> {
  const { host, credential } = options;
  const service = challenge.service ?? host;
  const request =
    credential.kind === 'refresh-token'
      ? await refreshRequest(challenge.realm, service, scope, credential)
      : readRequest(challenge.realm, service, scope, credential, options.account);
  const response = await sendToRegistry(options.http, host, {
    ...request,
    // Asking for a token changes nothing, so even the POST may be repeated.
    retry: true,
    expectsJson: true,
    maxBytes: limits.tokenBytes,
  });
  if (response.status === 401 || response.status === 403) {
    throw refused(host, scope, credential, response);
  }
  if (response.status !== 200) {
    throw unexpectedResponse(host, 'the request for an access token', response);
  }
  const answer = parseJsonObject(response.body);
  const token = answer?.access_token ?? answer?.token;
  if (typeof token !== 'string' || token === '') {
    throw unexpectedResponse(host, 'the request for an access token without one', response);
  }
  options.secrets.mask(token);
  return { token, expiresAtMs: expiryOf(token, answer?.expires_in, now().getTime()) };
}

async function refreshRequest(
  realm: string,
  service: string,
  scope: string,
  credential: Extract<RegistryCredential, { kind: 'refresh-token' }>,
): Promise<Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>> {
  const { token } = credential;
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service,
    scope,
    client_id: clientId,
    refresh_token: typeof token === 'string' ? token : await token(),
  });
  return {
    method: 'POST',
    url: realm,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  };
}

function readRequest(
  realm: string,
  service: string,
  scope: string,
  credential: Exclude<RegistryCredential, { kind: 'refresh-token' }>,
  account: string | undefined,
): Pick<HttpRequest, 'method' | 'url' | 'headers'> {
  const url = new URL(realm);
  url.searchParams.set('service', service);
  for (const one of scope.split(' ')) {
    url.searchParams.append('scope', one);
  }
  url.searchParams.set('client_id', clientId);
  if (credential.kind === 'anonymous') {
    return { method: 'GET', url: url.href };
  }
  const { username, password } = credential;
  url.searchParams.set('account', account ?? username);
  return {
    method: 'GET',
    url: url.href,
    headers: { Authorization: basicAuthorization(username, password) },
  };
}

/** From `expires_in` (seconds), else the token's own `exp`, else the protocol's 60 seconds. */
function expiryOf(token: string, expiresIn: unknown, nowMs: number): number {
  const exp = unverifiedClaims(token)?.exp;
  let lifetimeS = minimumLifetimeS;
  if (typeof expiresIn === 'number') {
    lifetimeS = expiresIn;
  } else if (typeof exp === 'number') {
    lifetimeS = exp - nowMs / 1000;
  }
  return nowMs + Math.max(lifetimeS, minimumLifetimeS) * 1000;
}

function refused(
  host: string,
  scope: string,
  credential: RegistryCredential,
  response: HttpResponse,
): TrustError {
  const detail = errorDetail(response);
  const remedies = {
    'refresh-token':
      'Log in again: the refresh token may have expired or been made before the roles changed. Check that this principal has AcrPush on the registry.',
    basic: 'Check the user name and the password, and that the account is enabled.',
    anonymous: 'Give credentials: this registry requires them.',
  } as const;
  return new TrustError(
    'REGISTRY_LOGIN_REFUSED',
    `Registry ${host} refused an access token for ${scope} ` +
      `(status ${response.status}${detail === '' ? '' : `, ${detail}`})`,
    { remedy: remedies[credential.kind] },
  );
}
