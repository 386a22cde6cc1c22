/**
 * Exchanges an Entra token for a registry token (Azure/acr, AAD-OAuth). The Entra token goes to
 * login servers of ACR only, or to a host the user named; everything else is refused unasked.
 */
import type { TokenCredential } from '@azure/core-auth';

import { TrustError } from '../errors.js';
import {
  requestedWait,
  busyRemedy,
  parseErrorResponse,
  HttpError,
  registryFirewall,
  unverifiedClaims,
} from '../http/index.js';
import type { HttpClient, HttpResponse } from '../http/index.js';
import { isRecord, parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Secrets } from '../ports.js';
import { isRegistryHost } from './clouds.js';
import type { Cloud } from './clouds.js';
import { principalOf } from './principal.js';
import type { Principal } from './principal.js';
import { loginRefused } from './registry-login-errors.js';

/** What a login needs. */
export interface RegistryLoginOptions {
  /** Host of the registry, such as `myregistry.azurecr.io`. */
  readonly loginServer: string;
  readonly credential: TokenCredential;
  readonly cloud: Cloud;
  readonly http: HttpClient;
  readonly secrets: Pick<Secrets, 'mask'>;
  /** Default: the tenant in the Entra token. */
  readonly tenantId?: string;
  /** Resource to ask the Entra token for. Default: the cloud's registry audience. */
  readonly audience?: string;
  /** Hosts that may receive the Entra token though they are not known login servers. */
  readonly allowedHosts?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A registry login. */
export interface RegistryLogin {
  readonly loginServer: string;
  /** User name that goes with the refresh token as a password, as for `docker login`. */
  readonly username: string;
  readonly refreshToken: string;
  /** When the refresh token ends, as far as it says. */
  readonly expiresAt?: Date;
  /** Whom the registry now knows. */
  readonly principal: Principal;
}

/** ACR's user name for logins by token. */
export const registryTokenUser = '00000000-0000-0000-0000-000000000000';

/**
 * Logs in to a registry with a fresh token, so that roles assigned a moment ago count.
 * @throws {TrustError} INPUT_INVALID (not a login server), REGISTRY_UNREACHABLE,
 *   REGISTRY_FIREWALL, REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED, INTERRUPTED, and what the credential throws.
 */
export async function loginToRegistry(options: RegistryLoginOptions): Promise<RegistryLogin> {
  const { loginServer, credential, cloud, secrets, signal } = options;
  if (!isRegistryHost(loginServer) && options.allowedHosts?.includes(loginServer) !== true) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(loginServer)} is not a login server of Azure Container Registry; ` +
        'no token was sent to it',
      { remedy: `Give the login server of the registry, such as contoso${cloud.registrySuffix}.` },
    );
  }
  const audience = options.audience ?? cloud.registryAudience;
  const entra = await credential.getToken(`${audience}/.default`, {
    ...(signal === undefined ? {} : { abortSignal: signal }),
  });
  if (entra === null) {
    throw new TrustError('CREDENTIAL_MISSING', `There is no Entra token for ${audience}`, {
      remedy: 'Check the identity of this run.',
    });
  }
  secrets.mask(entra.token);
  const principal = principalOf(entra.token);
  const tenant = options.tenantId ?? principal.tenantId;
  const response = await exchange(options, {
    grant_type: 'access_token',
    service: loginServer,
    ...(tenant === undefined ? {} : { tenant }),
    access_token: entra.token,
  });
  const refreshToken = readToken(options, response, principal, audience);
  const exp = unverifiedClaims(refreshToken)?.exp;
  return {
    loginServer,
    username: registryTokenUser,
    refreshToken,
    ...(typeof exp === 'number' ? { expiresAt: new Date(exp * 1000) } : {}),
    principal,
  };
}

async function exchange(
  { loginServer, http, signal }: RegistryLoginOptions,
  form: Record<string, string>,
): Promise<HttpResponse> {
  try {
    return await http({
      method: 'POST',
      url: `https://${loginServer}/oauth2/exchange`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      // An exchange changes nothing at the registry.
      retry: true,
      expectsJson: true,
      maxBytes: limits.tokenBytes,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw error instanceof HttpError ? noAnswer(loginServer, error) : error;
  }
}

function readToken(
  { loginServer, secrets }: RegistryLoginOptions,
  response: HttpResponse,
  principal: Principal,
  audience: string,
): string {
  const firewall = registryFirewall(loginServer, response);
  if (firewall) throw firewall;
  if ([400, 401, 403].includes(response.status)) {
    throw loginRefused(loginServer, response, principal, audience);
  }
  const token = parseJsonObject(response.body)?.refresh_token;
  if (response.status !== 200 || typeof token !== 'string' || token === '') {
    const answer = parseErrorResponse(response);
    throw new TrustError(
      'REGISTRY_FAILED',
      `Registry ${loginServer} answered ${response.status} to the login, without a token` +
        requestedWait(answer),
      {
        remedy: answer.isBusy
          ? busyRemedy(answer, 'the registry')
          : `Check that ${loginServer} is an Azure Container Registry and try again later.`,
      },
    );
  }
  secrets.mask(token);
  return token;
}

function noAnswer(loginServer: string, cause: HttpError): TrustError {
  if (cause.kind === 'unreadable') {
    return new TrustError(
      'REGISTRY_FAILED',
      `Registry ${loginServer}: its answer to the login is not readable, in several tries`,
      { remedy: `Check that no proxy answers for ${loginServer}, then run the step again.` },
    );
  }
  if (cause.kind === 'aborted') {
    return new TrustError('INTERRUPTED', `The login to ${loginServer} was cancelled`, {
      remedy: 'Run the step again.',
      cause,
    });
  }
  if (isRecord(cause.cause) && cause.cause.code === 'ENOTFOUND') {
    return new TrustError('REGISTRY_UNREACHABLE', `There is no such registry: ${loginServer}`, {
      remedy:
        'Check the spelling of the login server. A registry with a private endpoint needs its ' +
        'private DNS zone on this network.',
      cause,
    });
  }
  return new TrustError(
    'REGISTRY_UNREACHABLE',
    `Registry ${loginServer} cannot be reached: ${cause.message}`,
    {
      remedy:
        "Check the registry's firewall and private endpoint, and the HTTPS_PROXY of this machine.",
      cause,
    },
  );
}
