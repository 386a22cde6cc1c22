/** How our SDK clients send requests to a vault: over the network of the sign-in, within its bounds. */
import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient as SdkHttpClient, PipelineRetryOptions } from '@azure/core-rest-pipeline';

import {
  createHttpClient,
  createSdkHttpClient,
  parseErrorResponse,
  sdkRetries,
} from '../../http/index.js';
import type { HttpClient } from '../../http/index.js';
import { limits } from '../../limits.js';

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
  return { httpClient, retryOptions: sdkRetries };
}

/** Signing, verifying and backing up leave the vault as it is, though they are POSTs. */
function changesNothing(method: string, url: URL): boolean {
  return method === 'GET' || /\/(?:sign|verify|backup)\/?$/.test(url.pathname);
}

/** A credential that somebody else made has no network of ours: it goes straight. */
function networkOf(credential: TokenCredential): HttpClient {
  return 'http' in credential && typeof credential.http === 'function'
    ? (credential.http as HttpClient)
    : createHttpClient({ userAgent: 'acr-content-trust', environment: {} });
}
