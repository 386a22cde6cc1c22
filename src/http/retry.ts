/**
 * Decides whether and when a request is sent again. The pipeline's own retry policy is not used: it
 * also repeats POSTs, and obeys a Retry-After of any length.
 */
import { limits } from '../limits.js';
import { codeOf } from './failure.js';
import type { HttpRequest } from './types.js';

/** Failures that would come again: a name that does not exist, a certificate that does not fit. */
const transientCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether the caller lets this request be repeated: by default only what cannot change anything. */
export function mayRetry(request: HttpRequest): boolean {
  return request.retry ?? (request.method === 'GET' || request.method === 'HEAD');
}

/** Whether an answer of this status may be different next time (501 and 505 will not). */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Whether a network failure may be gone next time. */
export function isTransientFailure(thrown: unknown): boolean {
  return transientCodes.has(codeOf(thrown));
}

/**
 * Milliseconds to wait before the try after `attempt` (0 for the first): what Retry-After says
 * (RFC 9110, 10.2.3: seconds or a date), else exponential with jitter; never above the cap.
 */
export function retryDelayMs(attempt: number, retryAfter?: string, nowMs = Date.now()): number {
  const stated = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, nowMs);
  const backoff = limits.httpRetryBaseMs * 2 ** attempt * (0.5 + Math.random() / 2);
  return Math.round(Math.min(stated ?? backoff, limits.httpRetryCapMs));
}

function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value.trim())) {
    return Number(value) * 1000;
  }
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
