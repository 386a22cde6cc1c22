/**
 * The HTTP client of the product: bounded in bytes and time, redirected within one origin only,
 * repeated only where the request allows it. It never logs a header, a body or a query string.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { PipelineResponse } from '@azure/core-rest-pipeline';

import { limits } from '../limits.js';
import type { Log } from '../ports.js';
import { discardBody, passBody, readBody } from './body.js';
import { toHttpError } from './failure.js';
import { isTransientFailure, isTransientStatus, mayRetry, retryDelayMs } from './retry.js';
import { createTransport } from './transport.js';
import type { Transport } from './transport.js';
import { HttpError } from './types.js';
import type { BodySink, HttpClient, HttpRequest, HttpResponse } from './types.js';
import { displayUrl, sameOriginTarget } from './url.js';

/** What a client is made of. */
export interface HttpClientOptions {
  /** Sent with every request, such as `acr-content-trust/1.0.0`. */
  readonly userAgent: string;
  /** Gets one line per answer: method, URL without its query, status, milliseconds, bytes. */
  readonly log?: Pick<Log, 'debug'>;
}

const maxRedirects = 5;

/**
 * Creates an {@link HttpClient}. Proxies come from HTTPS_PROXY and NO_PROXY, further certificate
 * authorities from NODE_EXTRA_CA_CERTS. Only https URLs are accepted, as every answer is trusted
 * for what the server says of itself.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const transport = createTransport(options.userAgent);
  return async (request) => {
    const url = parseUrl(request);
    const what = `${request.method} ${displayUrl(url)}`;
    const timeoutMs = request.timeoutMs ?? limits.httpTimeoutMs;
    const started = Date.now();
    const deadline = new AbortController();
    const arm = (): NodeJS.Timeout =>
      setTimeout(() => {
        deadline.abort();
      }, timeoutMs);
    let timer = arm();
    const delivery: Delivery = {
      take: async (chunk, answer) => {
        // The time that the sink takes is none of the server's.
        clearTimeout(timer);
        delivery.bytes += chunk.length;
        try {
          await request.sink?.(chunk, answer);
        } catch (error) {
          delivery.failure = { error };
          throw error;
        }
        timer = arm();
      },
      bytes: 0,
    };
    const signals = [deadline.signal, ...(request.signal === undefined ? [] : [request.signal])];
    try {
      const response = await sendWithRetries(transport, request, url, {
        what,
        signal: AbortSignal.any(signals),
        deadlineMs: started + timeoutMs,
        log: options.log,
        delivery,
      });
      const size = `${response.body.length + delivery.bytes} bytes`;
      options.log?.debug(`${what} -> ${response.status} (${Date.now() - started} ms, ${size})`);
      return response;
    } catch (thrown) {
      if (delivery.failure) throw delivery.failure.error;
      const error = describe(thrown, what, timeoutMs, deadline.signal, request.signal);
      options.log?.debug(`${error.message} (${error.kind}, ${Date.now() - started} ms)`);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}

interface Sending {
  readonly what: string;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly log: Pick<Log, 'debug'> | undefined;
  readonly delivery: Delivery;
}

/** What the sink of a request was given so far. */
interface Delivery {
  readonly take: BodySink;
  bytes: number;
  failure?: { readonly error: unknown };
}

async function sendWithRetries(
  transport: Transport,
  request: HttpRequest,
  url: URL,
  sending: Sending,
): Promise<HttpResponse> {
  const retries = mayRetry(request) ? limits.httpRetries : 0;
  for (let attempt = 0; ; attempt += 1) {
    // A wait that would end after the deadline helps nobody: what is at hand then is the result.
    let delayMs = retryDelayMs(attempt);
    let reason: string;
    try {
      const response = await sendOnce(transport, request, url, sending);
      if (!isTransientStatus(response.status) || attempt >= retries) {
        return response;
      }
      reason = `status ${response.status}`;
      delayMs = retryDelayMs(attempt, response.header('retry-after'));
      if (Date.now() + delayMs > sending.deadlineMs) {
        return response;
      }
    } catch (thrown) {
      const isLate = sending.signal.aborted || Date.now() + delayMs > sending.deadlineMs;
      const isFinal = isLate || attempt >= retries || sending.delivery.bytes > 0;
      if (isFinal || !isTransientFailure(thrown)) {
        throw thrown;
      }
      reason = toHttpError(sending.what, thrown).message;
    }
    sending.log?.debug(`${sending.what}: again in ${delayMs} ms after ${reason}`);
    await sleep(delayMs, undefined, { signal: sending.signal });
  }
}

/** One try, redirects included. A redirect to another origin is handed back as the answer. */
async function sendOnce(
  transport: Transport,
  request: HttpRequest,
  url: URL,
  sending: Sending,
): Promise<HttpResponse> {
  let current = url;
  for (let hop = 0; ; hop += 1) {
    const response = await transport(request, current, sending.signal);
    const target = redirectTarget(request, current, response);
    if (target === undefined || hop >= maxRedirects) {
      const answer = {
        status: response.status,
        header: (name: string) => response.headers.get(name),
      };
      const isRefusal = response.status < 200 || response.status > 299;
      if (request.sink === undefined || isRefusal) {
        // What a refusal says has nothing to do with the size of what was asked for.
        const maxBytes = request.sink === undefined ? request.maxBytes : limits.errorBodyBytes;
        return { ...answer, body: await readBody(response, maxBytes, sending.what) };
      }
      await passBody(response, request.maxBytes, sending.what, (chunk) =>
        sending.delivery.take(chunk, answer),
      );
      return { ...answer, body: Buffer.alloc(0) };
    }
    discardBody(response);
    current = target;
  }
}

/** RFC 9110, 15.4: 307 and 308 keep the method; the others would turn a POST into a GET. */
function redirectTarget(
  request: HttpRequest,
  from: URL,
  response: PipelineResponse,
): URL | undefined {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const follow = isRead ? [301, 302, 303, 307, 308] : [307, 308];
  return follow.includes(response.status)
    ? sameOriginTarget(from, response.headers.get('location'))
    : undefined;
}

function parseUrl(request: HttpRequest): URL {
  const url = new URL(request.url);
  if (url.protocol !== 'https:') {
    throw new HttpError('unreachable', `${displayUrl(url)} is not an https address`);
  }
  return url;
}

function describe(
  thrown: unknown,
  what: string,
  timeoutMs: number,
  deadline: AbortSignal,
  caller: AbortSignal | undefined,
): HttpError {
  if (thrown instanceof HttpError) {
    return thrown;
  }
  if (caller?.aborted === true) {
    return new HttpError('aborted', `${what} was cancelled`, { cause: thrown });
  }
  if (deadline.aborted) {
    const message = `${what} got no complete answer within ${timeoutMs / 1000} seconds`;
    return new HttpError('timeout', message, { cause: thrown });
  }
  return toHttpError(what, thrown);
}
