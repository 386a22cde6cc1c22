/**
 * Lets the Azure SDKs send what they send through our own HTTP client, so that its bounds, retries
 * and proxies hold for them too, and no unreadable answer ever reaches a parser that quotes it.
 */
import type {
  HttpClient as SdkHttpClient,
  PipelineRequest,
  PipelineResponse,
} from '@azure/core-rest-pipeline';
import { createHttpHeaders, isRestError } from '@azure/core-rest-pipeline';

import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import type { HttpClient, HttpRequest, HttpResponse } from './types.js';

/** Something on the way answered in the place of the service; the SDKs would take it apart. */
class UnexpectedResponseError extends Error {
  constructor(readonly response: HttpResponse) {
    super(`a response ${response.status} that is not the service's`);
    this.name = 'UnexpectedResponseError';
  }
}

/** The last answer to each request, which the SDKs' errors do not keep. */
const answers = new WeakMap<PipelineRequest, HttpResponse>();

/** The answer that an SDK made an error of; undefined for other errors. */
export function responseBehind(thrown: unknown): HttpResponse | undefined {
  if (thrown instanceof UnexpectedResponseError) return thrown.response;
  return isRestError(thrown) && thrown.request !== undefined
    ? answers.get(thrown.request)
    : undefined;
}

/** What came of one request with all its tries. */
export type SdkOutcome = { readonly url: URL } & (
  { readonly response: HttpResponse } | { readonly error: unknown }
);

/** How the requests of one SDK client are sent, and who hears of what comes back. */
export interface SdkHttpOptions {
  readonly http: HttpClient;
  /** What is waited for, in messages to the user. */
  readonly service: (url: URL) => string;
  /** Whether a request changes nothing, so that it may be sent again. Default: GET and HEAD. */
  readonly isRepeatable?: (method: string, url: URL) => boolean;
  readonly maxBytes?: number;
  /** Recognises answers after which a repeatable request is sent again, besides the usual ones. */
  readonly isTransient?: (url: URL, response: HttpResponse) => boolean;
  /** Whether an error answer is the service's own; one that is not is a {@link UnexpectedResponseError}. */
  readonly isOwnError?: (response: HttpResponse) => boolean;
  /** Hears of each complete answer, whatever its status, and of each request without one. */
  readonly onOutcome?: (outcome: SdkOutcome) => void;
}

/** Goes into `httpClient` of an SDK client's options, with {@link sdkRetries} into `retryOptions`. */
export function createSdkHttpClient(options: SdkHttpOptions): SdkHttpClient {
  const { http, isRepeatable = isRead, isTransient } = options;
  return {
    sendRequest: async (request) => {
      const url = new URL(request.url);
      // A request with a time of its own only looks whether somebody is there.
      const isProbe = request.timeout > 0;
      const { abortSignal } = request;
      try {
        const response = await http({
          method: methodOf(request),
          url: request.url,
          headers: headersOf(request),
          ...bodyOf(request),
          service: options.service(url),
          expectsJson: true,
          maxBytes: options.maxBytes ?? limits.tokenBytes,
          ...(abortSignal instanceof AbortSignal ? { signal: abortSignal } : {}),
          ...(request.allowInsecureConnection ? { allowsPlainHttp: 'local' as const } : {}),
          ...(isTransient && { isTransient: (answer) => isTransient(url, answer) }),
          ...(isProbe ? { timeoutMs: request.timeout, retry: false } : {}),
          ...(!isProbe && isRepeatable(request.method, url) ? { retry: true } : {}),
        });
        if (!isProbe) options.onOutcome?.({ url, response });
        if (response.status >= 400 && options.isOwnError?.(response) === false) {
          throw new UnexpectedResponseError(response);
        }
        answers.set(request, response);
        return answerOf(request, response);
      } catch (error) {
        if (!isProbe && !(error instanceof UnexpectedResponseError))
          options.onOutcome?.({ url, error });
        throw error;
      }
    },
  };
}

/** The SDKs' own retries are off: they wait for as long as a server asks, and repeat everything. */
export const sdkRetries = { maxRetries: 0 } as const;

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function methodOf({ method }: PipelineRequest): HttpRequest['method'] {
  switch (method) {
    case 'GET':
    case 'HEAD':
    case 'POST':
    case 'PUT':
    case 'PATCH':
    case 'DELETE':
      return method;
    case 'OPTIONS':
    case 'TRACE':
      throw unforeseen(`the method ${method}`);
  }
}

function bodyOf({ body }: PipelineRequest): Pick<HttpRequest, 'body'> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { body };
  throw unforeseen('a body that is a stream');
}

/** Not what the SDK would have unpacked itself. */
function headersOf({ headers }: PipelineRequest): Readonly<Record<string, string>> {
  const entries = Object.entries(headers.toJSON({ preserveCase: true }));
  return Object.fromEntries(entries.filter(([name]) => name.toLowerCase() !== 'accept-encoding'));
}

/** What the SDKs look at in an answer. */
const headerNames = ['content-type', 'www-authenticate', 'location', 'date', 'x-ms-request-id'];

function answerOf(request: PipelineRequest, response: HttpResponse): PipelineResponse {
  const headers = createHttpHeaders();
  for (const name of headerNames) {
    const value = response.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  return { request, status: response.status, headers, bodyAsText: response.body.toString() };
}

function unforeseen(what: string): TrustError {
  return new TrustError('UNEXPECTED', `An Azure SDK wants to send ${what}`, {
    remedy: 'Run the step again with debug logging and report what it prints.',
  });
}
