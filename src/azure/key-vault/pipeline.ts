/** How our SDK clients send requests to a vault: over the network of the sign-in, within its bounds. */
import type { TokenCredential } from '@azure/core-auth';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import type {
  HttpClient as SdkHttpClient,
  PipelineRequest,
  PipelineRetryOptions,
} from '@azure/core-rest-pipeline';

import {
  createHttpClient,
  createSdkHttpClient,
  parseErrorResponse,
  sdkRetries,
} from '../../http/index.js';
import type { HttpClient } from '../../http/index.js';
import { limits } from '../../limits.js';
import { cloudOfVault } from '../clouds.js';

/** What the clients of keys, secrets and certificates all take. */
interface ClientOptions {
  httpClient: SdkHttpClient;
  retryOptions: PipelineRetryOptions;
}

/** Fresh options for one SDK client: a shared object would grow its User-Agent with each client. */
export function clientOptions(credential: TokenCredential): ClientOptions {
  const httpClient = createSdkHttpClient({
    http: networkOf(credential),
    service: (url) => `Key Vault ${url.host}`,
    isRepeatable: changesNothing,
    // A proxy that refuses to connect answers in the place of the vault, and its 403 is no missing role.
    isOwnError: (response) =>
      response.header('www-authenticate') !== undefined ||
      parseErrorResponse(response).code !== undefined,
    maxBytes: limits.backupFileBytes,
  });
  return { httpClient: withoutChallenge(httpClient, credential), retryOptions: sdkRetries };
}

/** Calls that were refused after a challenge that was not the vault's own, by their signal. */
const misjudged = new WeakSet<object>();

/** Whether a call was refused, and may be made again: by now its client asks for what the vault wants. */
export function wasMisjudged(call: AbortSignal): boolean {
  return misjudged.delete(call);
}

/**
 * The SDK's clients send each first request without a token, to be told for which resource they need
 * one. In the clouds we know that is the host's own domain, so the vault need not be asked. One that
 * wants something else, such as a token of another tenant, says so when it refuses.
 */
function withoutChallenge(
  { sendRequest }: SdkHttpClient,
  credential: TokenCredential,
): SdkHttpClient {
  const answered = new WeakSet<PipelineRequest>();
  return {
    sendRequest: async (request) => {
      const { host } = new URL(request.url);
      if (!request.headers.has('authorization') && !answered.has(request) && cloudOfVault(host)) {
        answered.add(request);
        const resource = `https://${host.slice(host.indexOf('.') + 1)}`;
        const headers = createHttpHeaders({ 'www-authenticate': `Bearer resource="${resource}"` });
        return { request, status: 401, headers };
      }
      const response = await sendRequest(request);
      if (response.status === 401 && answered.has(request) && request.abortSignal) {
        await requireTenant(response.headers.get('www-authenticate'), host, credential);
        misjudged.add(request.abortSignal);
      }
      return response;
    },
  };
}

/**
 * Asks for a token of the tenant that a vault names. The SDK asks as well, but once it has a token of
 * another tenant it keeps asking, for as long as that one lasts, instead of saying that there is none.
 * @throws {TrustError} what the credential throws.
 */
async function requireTenant(
  challenge: string | undefined,
  host: string,
  credential: TokenCredential,
): Promise<void> {
  const tenantId = /authorization="https:\/\/[^/"]+\/([\w.-]+)"/.exec(challenge ?? '')?.[1];
  if (tenantId === undefined) return;
  const resource = `https://${host.slice(host.indexOf('.') + 1)}`;
  await credential.getToken(`${resource}/.default`, { tenantId });
}

/** Signing, verifying and backing up leave the vault as it is, though they are POSTs. */
function changesNothing(method: string, url: URL): boolean {
  return method === 'GET' || /\/(?:sign|verify|backup)\/?$/.test(url.pathname);
}

/** A credential made elsewhere has no network of ours: it goes straight. */
function networkOf(credential: TokenCredential): HttpClient {
  return 'http' in credential && typeof credential.http === 'function'
    ? (credential.http as HttpClient)
    : createHttpClient({ userAgent: 'acr-content-trust', environment: {} });
}
