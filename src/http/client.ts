/**
 * The HTTP client of the product: bounded in bytes and time, redirected within one origin only,
 * repeated only where the request allows it. It never logs a header, a body or a query string.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { codeOf } from '../errors.js';
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Log } from '../ports.js';
import { discardBody, passBody, readBody } from './body.js';
import { descriptorFailure, isTransientCode, toHttpError } from './error-mapping.js';
import type { ProxyEnvironment } from './proxy.js';
import { phaseMs } from './deadline.js';
import { mayRetry, mayRetryAfter, retryDelayMs, statedWaitMs } from './retry.js';
import { createSlots } from './slots.js';
import { createTransport } from './transport.js';
import type { Answer, Transport } from './transport.js';
import { HttpError } from './types.js';
import type { BodySink, HttpClient, HttpRequest, HttpResponse } from './types.js';
import { displayUrl, sameOriginTarget } from './url.js';
import { createWaitReporter } from './wait-reporter.js';
import type { WaitReporter } from './wait-reporter.js';

/** What a client is made of. */
export interface HttpClientOptions {
  /** Sent with every request, such as `acr-content-trust/1.0.0`. */
  readonly userAgent: string;
  /** Where the proxy variables are. */
  readonly environment: ProxyEnvironment;
  /**
   * Gets one debug line per answer (method, URL without its query, status, milliseconds, bytes), and
   * is told of long waits.
   */
  readonly log?: Pick<Log, 'debug'> & Partial<Pick<Log, 'info'>>;
}

const maxRedirects = 5;

/** Of the whole process: its connections are bounded however many clients and hosts there are. */
const slots = createSlots(limits.concurrentRequests);
const noSlot = (): void => undefined;

/**
 * Creates an {@link HttpClient}. Proxies come from HTTPS_PROXY and its like, further certificate
 * authorities from NODE_EXTRA_CA_CERTS. Only https URLs are accepted, as every answer is trusted
 * for what the server says of itself; plain http needs a request that allows it.
 * @throws {TrustError} INPUT_INVALID for a proxy variable that cannot be used
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const transport = createTransport(options.userAgent, options.environment);
  const waits = createWaitReporter(options.log?.info?.bind(options.log));
  return async (request) => {
    const url = parseUrl(request);
    const what = `${request.method} ${displayUrl(url)}`;
    const service = request.service ?? url.host;
    const timeoutMs = request.timeoutMs ?? limits.httpTimeoutMs;
    // A sink may send what it takes on, and must not wait for the slot that it has.
    const release = request.sink ? noSlot : await takeSlot(what, request.signal);
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
    const boundMs = Math.min(timeoutMs, phaseMs());
    const stopTelling = waits.watch(service, boundMs);
    const tries = { count: 0 };
    try {
      const response = await sendWithRetries(transport, request, url, {
        what,
        service,
        signal: AbortSignal.any(signals),
        boundMs,
        deadlineMs: started + boundMs,
        log: options.log,
        waits,
        delivery,
        tries,
      });
      const size = `${response.body.length + delivery.bytes} bytes`;
      options.log?.debug(`${what} -> ${response.status} (${Date.now() - started} ms, ${size})`);
      return response;
    } catch (thrown) {
      if (delivery.failure) throw delivery.failure.error;
      const exhausted = descriptorFailure(what, thrown);
      if (exhausted) throw exhausted;
      const waited = { timeoutMs, tries: tries.count, deadline: deadline.signal };
      const error = describe(thrown, what, waited, request.signal);
      options.log?.debug(`${error.message} (${error.kind}, ${Date.now() - started} ms)`);
      throw error;
    } finally {
      clearTimeout(timer);
      stopTelling();
      release();
    }
  };
}

async function takeSlot(what: string, signal: AbortSignal | undefined): Promise<() => void> {
  try {
    return await slots(signal);
  } catch (cause) {
    throw new HttpError('aborted', `${what} was cancelled`, { cause });
  }
}

interface Sending {
  readonly what: string;
  readonly service: string;
  readonly signal: AbortSignal;
  /** How long the request may take with all its tries, and until when. */
  readonly boundMs: number;
  readonly deadlineMs: number;
  readonly log: Pick<Log, 'debug'> | undefined;
  readonly waits: WaitReporter;
  readonly delivery: Delivery;
  readonly tries: { count: number };
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
  for (let attempt = 0; ; attempt += 1) {
    const isLast = attempt >= limits.httpRetries;
    // A wait that would end after the deadline helps nobody: what is known then is the result.
    let delayMs = retryDelayMs(attempt);
    let reason: string;
    sending.tries.count += 1;
    try {
      const response = await tryOnce(transport, request, url, sending);
      // A limit of the server passes with time: it is waited for until the deadline.
      const isOver = isLast && response.status !== 429;
      if (isOver || !mayRetryAfter(request, response)) {
        return response;
      }
      // Who was turned away again and again slows down, whatever the server asks for.
      delayMs = Math.max(retryDelayMs(attempt, statedWaitMs(response)), isLast ? delayMs : 0);
      if (Date.now() + delayMs > sending.deadlineMs) {
        return response;
      }
      reason = `status ${response.status}`;
      sending.waits.reportPause(sending, response.status, delayMs);
    } catch (thrown) {
      const isLate = sending.signal.aborted || Date.now() + delayMs > sending.deadlineMs;
      const isFinal = isLate || isLast || !mayRetry(request) || sending.delivery.bytes > 0;
      if (isFinal || !isTransientFailure(thrown)) {
        throw thrown;
      }
      reason = toHttpError(sending.what, thrown).message;
    }
    sending.log?.debug(`${sending.what}: again in ${delayMs} ms after ${reason}`);
    await sleep(delayMs, undefined, { signal: sending.signal });
  }
}

/** Whether a failure may be gone next time: broken, stalled, or mangled on the way. */
function isTransientFailure(thrown: unknown): boolean {
  return thrown instanceof HttpError
    ? thrown.kind === 'timeout' || thrown.kind === 'unreadable'
    : isTransientCode(codeOf(thrown));
}

/** One try, which ends when the server shows no sign of life for too long. */
async function tryOnce(
  transport: Transport,
  request: HttpRequest,
  url: URL,
  sending: Sending,
): Promise<HttpResponse> {
  const tryMs = request.tryMs ?? (mayRetry(request) ? limits.httpTryMs : undefined);
  if (tryMs === undefined) {
    return sendOnce(transport, request, url, { ...sending, seen: () => undefined });
  }
  const stalled = new AbortController();
  const arm = (): NodeJS.Timeout =>
    setTimeout(() => {
      stalled.abort();
    }, tryMs);
  let timer = arm();
  const seen = (): void => {
    clearTimeout(timer);
    timer = arm();
  };
  const signal = AbortSignal.any([sending.signal, stalled.signal]);
  try {
    return await sendOnce(transport, request, url, { ...sending, signal, seen });
  } catch (thrown) {
    if (!stalled.signal.aborted || sending.signal.aborted) throw thrown;
    const message = `${sending.what} got no response within ${tryMs / 1000} seconds`;
    throw new HttpError('timeout', message);
  } finally {
    clearTimeout(timer);
  }
}

/** One try, redirects included. A redirect to another origin is handed back as the answer. */
async function sendOnce(
  transport: Transport,
  request: HttpRequest,
  url: URL,
  sending: Sending & { readonly seen: () => void },
): Promise<HttpResponse> {
  let current = url;
  for (let hop = 0; ; hop += 1) {
    const response = await transport(request, current, sending.signal);
    sending.seen();
    const target = redirectTarget(request, current, response);
    if (target === undefined || hop >= maxRedirects) {
      const { status, header } = response;
      const answer = { status, header };
      const isRefusal = status < 200 || status > 299;
      if (request.sink === undefined || isRefusal) {
        // What a refusal says has nothing to do with the size of what was asked for.
        const maxBytes = request.sink === undefined ? request.maxBytes : limits.errorBodyBytes;
        const body = await readBody(response, maxBytes, sending.what, sending.seen);
        if (request.expectsJson === true && !isRefusal && parseJsonObject(body) === undefined) {
          // What is in it may be a secret, cut or not: no word of it goes any further.
          throw new HttpError('unreadable', `${sending.what}: the response is not readable`);
        }
        return { ...answer, body };
      }
      await passBody(response, request.maxBytes, sending.what, async (chunk) => {
        await sending.delivery.take(chunk, answer);
        sending.seen();
      });
      return { ...answer, body: Buffer.alloc(0) };
    }
    discardBody(response);
    current = target;
  }
}

/** RFC 9110, 15.4: 307 and 308 keep the method; the others would turn a POST into a GET. */
function redirectTarget(request: HttpRequest, from: URL, response: Answer): URL | undefined {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const follow = isRead ? [301, 302, 303, 307, 308] : [307, 308];
  return follow.includes(response.status)
    ? sameOriginTarget(from, response.header('location'))
    : undefined;
}

function parseUrl(request: HttpRequest): URL {
  const url = new URL(request.url);
  if (url.protocol !== 'https:' && request.allowsPlainHttp === undefined) {
    throw new HttpError('unreachable', `${displayUrl(url)} is not an https address`);
  }
  return url;
}

function describe(
  thrown: unknown,
  what: string,
  { timeoutMs, tries, deadline }: { timeoutMs: number; tries: number; deadline: AbortSignal },
  caller: AbortSignal | undefined,
): HttpError {
  if (caller?.aborted === true) {
    return new HttpError('aborted', `${what} was cancelled`);
  }
  if (deadline.aborted || (thrown instanceof HttpError && thrown.kind === 'timeout')) {
    const often = tries > 1 ? `, in ${tries} tries` : '';
    const message = deadline.aborted
      ? `${what} got no complete response within ${timeoutMs / 1000} seconds${often}`
      : `${(thrown as HttpError).message}${often}`;
    return new HttpError('timeout', message);
  }
  return toHttpError(what, thrown);
}
