/**
 * Decides whether and when a request is sent again. The pipeline's own retry policy is not used: it
 * also repeats POSTs, and obeys a Retry-After of any length.
 */
import { limits } from '../limits.js';
import type { HttpRequest, HttpResponse } from './types.js';

/** Whether the caller lets this request be repeated: by default only what cannot change anything. */
export function mayRetry(request: HttpRequest): boolean {
  return (request.retry ?? (request.method === 'GET' || request.method === 'HEAD')) === true;
}

/** Whether an answer of this status may be different next time (501 and 505 will not). */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Whether this request may be sent again after this answer. */
export function mayRetryAfter(request: HttpRequest, response: HttpResponse): boolean {
  if (request.isPaced === true && response.status === 429) return false;
  if (mayRetry(request)) {
    return isTransientStatus(response.status) || request.isTransient?.(response) === true;
  }
  // RFC 6585, 4: the server turned the request away.
  return request.retry !== false && response.status === 429;
}

/**
 * Milliseconds to wait before the try after `attempt` (0 for the first): what the server asks for,
 * else exponential with jitter up to a cap. Whoever asks for longer than there is time is not asked
 * again at all.
 * @param statedMs what the server asks for.
 */
export function retryDelayMs(attempt: number, statedMs?: number): number {
  const backoff = limits.httpRetryBaseMs * 2 ** attempt * (0.5 + Math.random() / 2);
  return Math.round(statedMs ?? Math.min(backoff, limits.httpRetryCapMs));
}

/** What a server asks to wait, in milliseconds: Retry-After, or what some services of Azure have for it. */
export function statedWaitMs(
  response: Pick<HttpResponse, 'header'>,
  nowMs = Date.now(),
): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = response.header(name)?.trim() ?? '';
    if (/^\d{1,9}$/.test(value)) return Number(value);
  }
  return retryAfterMs(response.header('retry-after'), nowMs);
}

/** What Retry-After asks for (RFC 9110, 10.2.3: seconds or a date), in milliseconds. */
export function retryAfterMs(value: string | undefined, nowMs = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) {
    return Number(value) * 1000;
  }
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
