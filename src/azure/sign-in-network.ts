/**
 * How the Azure SDK's credentials reach Entra ID and the managed identity of this machine: over our
 * own HTTP client, and observed, because the SDK keeps neither the status nor the words of what it
 * was answered.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { TokenCredentialOptions } from '@azure/identity';

import { createSdkHttpClient, parseErrorResponse, sdkRetries } from '../http/index.js';
import type { HttpClient, HttpResponse, SdkOutcome } from '../http/index.js';
import { isTransientRefusal } from './entra-errors.js';

/** The network of one credential. */
export interface SignInNetwork {
  /** For the constructor of an SDK credential. */
  readonly options: Pick<TokenCredentialOptions, 'httpClient' | 'retryOptions'>;
  /** Runs `work`, and notes what came of the requests that it makes. */
  observe<T>(outcomes: SdkOutcome[], work: () => Promise<T>): Promise<T>;
  /** Whether an answer is waited for. */
  isAsking(): boolean;
}

/** Creates it; the credentials of one network may be used at the same time. */
export function createSignInNetwork(http: HttpClient): SignInNetwork {
  const current = new AsyncLocalStorage<SdkOutcome[]>();
  let open = 0;
  const httpClient = createSdkHttpClient({
    http: async (request) => {
      open += 1;
      try {
        return await http(request);
      } finally {
        open -= 1;
      }
    },
    service: (url) =>
      isMachineEndpoint(url) ? 'the managed identity of this machine' : 'Entra ID',
    // Asking for a token changes nothing.
    isRepeatable: () => true,
    isTransient: (url, response) =>
      isMachineEndpoint(url)
        ? isIdentityInTheMaking(response)
        : response.status >= 400 && isTransientRefusal(parseErrorResponse(response)),
    onOutcome: (outcome) => {
      current.getStore()?.push(outcome);
    },
  });
  return {
    options: { httpClient, retryOptions: sdkRetries },
    observe: (outcomes, work) => current.run(outcomes, work),
    isAsking: () => open > 0,
  };
}

/** Endpoints of this machine speak plain http; Entra ID never does. */
export function isMachineEndpoint(url: URL): boolean {
  return url.protocol === 'http:';
}

/** The metadata service answers so while an identity is being set up or the service updated. */
function isIdentityInTheMaking({ status }: HttpResponse): boolean {
  return status === 404 || status === 410;
}
