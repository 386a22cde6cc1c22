/**
 * Tokens of another issuer that stand for a service principal. They are fetched once and kept until
 * shortly before they expire, because the Azure SDK asks twice per token.
 */
import { isTrustError, messageOf, TrustError } from '../errors.js';
import {
  requestedWait,
  busyRemedy,
  parseErrorResponse,
  HttpError,
  unverifiedClaims,
} from '../http/index.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/index.js';
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Clock, Secrets } from '../ports.js';
import { signInCancelled } from './credential-errors.js';
import type { Identity, PipelinesIdentity } from './identity.js';

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
      throw isTrustError(cause) ? cause : noAssertion(messageOf(cause), gitHubRemedy, cause);
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
 * How the token of another issuer is obtained that `identity` signs in with; undefined where it uses none.
 * @throws {TrustError} (the function) CREDENTIAL_MISSING
 */
export function assertionOf(
  identity: Identity,
  http: HttpClient,
): (() => Promise<string>) | undefined {
  if (identity.kind === 'assertion') return () => identity.getAssertion(http);
  if (identity.kind === 'pipelines') return () => requestPipelinesToken(identity, http);
  return undefined;
}

/**
 * Asks Azure Pipelines for the OIDC token of a service connection (REST API "oidctoken", 7.1).
 * The SDK's AzurePipelinesCredential is not used: it asks twice per token and puts whole responses
 * into its error messages.
 */
async function requestPipelinesToken(
  identity: PipelinesIdentity,
  http: HttpClient,
): Promise<string> {
  if (!URL.canParse(identity.oidcRequestUri)) {
    throw noAssertion('System.OidcRequestUri is not a URL', pipelinesRemedy);
  }
  const url = new URL(identity.oidcRequestUri);
  url.searchParams.set('api-version', '7.1');
  url.searchParams.set('serviceConnectionId', identity.serviceConnectionId);
  const answer = await requestAssertion(http, 'Azure Pipelines', {
    method: 'POST',
    url: url.href,
    headers: {
      Authorization: `Bearer ${identity.accessToken}`,
      'Content-Type': 'application/json',
      // Without it a refusal is a redirect to a sign-in page.
      'X-TFS-FedAuthRedirect': 'Suppress',
    },
    body: '',
  });
  if (typeof answer.oidcToken === 'string') return answer.oidcToken;
  throw noAssertion('the response of Azure Pipelines contains none', pipelinesRemedy);
}

/**
 * Asks GitHub for the OIDC token of the workflow. The runner's own library is not used: its requests
 * have no time-out.
 */
export async function requestGitHubToken(
  { requestUrl, requestToken }: { readonly requestUrl: string; readonly requestToken: string },
  audience: string,
  http: HttpClient,
): Promise<string> {
  if (!URL.canParse(requestUrl)) {
    throw noAssertion('ACTIONS_ID_TOKEN_REQUEST_URL is not a URL', gitHubRemedy);
  }
  const url = new URL(requestUrl);
  url.searchParams.set('audience', audience);
  const answer = await requestAssertion(http, 'GitHub', {
    method: 'GET',
    url: url.href,
    headers: { Authorization: `Bearer ${requestToken}`, Accept: 'application/json' },
  });
  if (typeof answer.value === 'string' && answer.value !== '') return answer.value;
  throw noAssertion('the response of GitHub contains none', gitHubRemedy);
}

/** The answer of the platform that runs the job; asking for a token changes nothing. */
async function requestAssertion(
  http: HttpClient,
  platform: 'GitHub' | 'Azure Pipelines',
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
): Promise<Readonly<Record<string, unknown>>> {
  const remedy = platform === 'GitHub' ? gitHubRemedy : pipelinesRemedy;
  let response: HttpResponse;
  try {
    response = await http({
      ...request,
      retry: true,
      service: platform,
      // Runners of one's own may serve their tokens so, on the machine itself.
      ...(platform === 'GitHub' ? { allowsPlainHttp: 'local' as const } : {}),
      expectsJson: true,
      maxBytes: limits.tokenBytes,
    });
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.kind === 'aborted') throw signInCancelled();
    const isMangled = error.kind === 'unreadable';
    throw noAssertion(error.message, `${checkWay}\n${remedy}`, isMangled ? undefined : error);
  }
  if (response.status === 200) return parseJsonObject(response.body) ?? {};
  const answer = parseErrorResponse(response);
  const words = answer.isWebPage || answer.words === '' ? '' : `: ${answer.words}`;
  const said = `${platform} answered ${answer.status}${words}`;
  throw answer.isBusy
    ? noAssertion(`${said}${requestedWait(answer)}`, busyRemedy(answer, platform))
    : noAssertion(said, remedy);
}

const checkWay = 'Check the network and the proxy of this machine (HTTPS_PROXY, NO_PROXY).';
const gitHubRemedy =
  'Give the job "permissions: id-token: write".\nWorkflows of forks never get a token: sign after ' +
  'the merge, or on a trusted branch.';
const pipelinesRemedy =
  'Allow the pipeline to use the service connection (Project settings, Service connections, ' +
  'Security).';

function noAssertion(why: string, remedy: string, cause?: unknown): TrustError {
  return new TrustError('CREDENTIAL_MISSING', `No OpenID Connect token could be obtained: ${why}`, {
    remedy,
    cause,
  });
}
