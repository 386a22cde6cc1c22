/**
 * Tokens of another issuer that stand for a service principal. They are fetched once and kept until
 * shortly before they expire, because the Azure SDK asks twice per token.
 */
import { isTrustError, messageOf, TrustError } from '../errors.js';
import { HttpError, parseJsonObject, unverifiedClaims } from '../http/index.js';
import type { HttpClient, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import type { Clock, Secrets } from '../ports.js';
import type { PipelinesIdentity } from './identity.js';

/** An assertion source that remembers, and tells whom the last assertion spoke of. */
export interface AssertionSource {
  /** @throws {TrustError} CREDENTIAL_MISSING */
  get(): Promise<string>;
  /** Issuer, subject and audience of the last assertion, for a message; never the token. */
  describe(): string;
}

const marginMs = 60_000;

/** Wraps `getAssertion` so that it runs once per lifetime of what it returns. */
export function rememberAssertion(
  getAssertion: () => Promise<string>,
  secrets: Pick<Secrets, 'mask'>,
  clock: Clock,
): AssertionSource {
  let last: { readonly assertion: string; readonly usableUntilMs: number } | undefined;
  let pending: Promise<string> | undefined;
  const fetchOne = async (): Promise<string> => {
    try {
      const assertion = await getAssertion();
      secrets.mask(assertion);
      const exp = unverifiedClaims(assertion)?.exp;
      const endMs = typeof exp === 'number' ? exp * 1000 : clock().getTime() + 2 * marginMs;
      last = { assertion, usableUntilMs: endMs - marginMs };
      return assertion;
    } catch (cause) {
      throw isTrustError(cause) ? cause : noAssertion(messageOf(cause), cause);
    } finally {
      pending = undefined;
    }
  };
  return {
    get: async () => {
      if (last !== undefined && last.usableUntilMs > clock().getTime()) {
        return last.assertion;
      }
      pending ??= fetchOne();
      return pending;
    },
    describe: () => {
      const claims = unverifiedClaims(last?.assertion ?? '') ?? {};
      const of = (name: string): string => JSON.stringify(claims[name] ?? 'unknown');
      return `issuer ${of('iss')}, subject ${of('sub')}, audience ${of('aud')}`;
    },
  };
}

/**
 * Asks Azure Pipelines for the OIDC token of a service connection (REST API "oidctoken", 7.1).
 * The SDK's AzurePipelinesCredential is not used: it asks twice per token and puts whole responses
 * into its error messages.
 */
export async function requestPipelinesToken(
  identity: PipelinesIdentity,
  http: HttpClient,
): Promise<string> {
  if (!URL.canParse(identity.oidcRequestUri)) {
    throw noAssertion('System.OidcRequestUri is not a URL');
  }
  const url = new URL(identity.oidcRequestUri);
  url.searchParams.set('api-version', '7.1');
  url.searchParams.set('serviceConnectionId', identity.serviceConnectionId);
  let response: HttpResponse;
  try {
    response = await http({
      method: 'POST',
      url: url.href,
      headers: {
        Authorization: `Bearer ${identity.accessToken}`,
        'Content-Type': 'application/json',
        // Without it a refusal is a redirect to a sign-in page.
        'X-TFS-FedAuthRedirect': 'Suppress',
      },
      body: '',
      retry: true,
      maxBytes: limits.tokenBytes,
    });
  } catch (error) {
    throw error instanceof HttpError ? noAssertion(error.message, error) : error;
  }
  const token = parseJsonObject(response.body)?.oidcToken;
  if (response.status !== 200 || typeof token !== 'string') {
    throw noAssertion(
      `Azure Pipelines answered ${response.status} to the request for a token of service ` +
        `connection ${identity.serviceConnectionId}`,
    );
  }
  return token;
}

function noAssertion(why: string, cause?: unknown): TrustError {
  return new TrustError('CREDENTIAL_MISSING', `No OpenID Connect token could be had: ${why}`, {
    remedy:
      'On GitHub the job needs "permissions: id-token: write", which workflows of forks do not ' +
      'get. On Azure Pipelines the pipeline must be allowed to use the service connection.',
    ...(cause === undefined ? {} : { cause }),
  });
}
