/**
 * One door for every call to a vault: options that bound waiting, a deadline over sign-in and
 * retries together, and the translation of what is thrown.
 */
import type {
  PipelinePolicy,
  PipelineResponse,
  PipelineRetryOptions,
} from '@azure/core-rest-pipeline';

import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Clock } from '../../ports.js';
import type { VaultOperation } from './names.js';
import { refusalOf, timedOut } from './refusals.js';

/** What every operation on a vault takes. */
export interface VaultOptions {
  /** Ends a call in progress; the operation then throws INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  /** For dates of validity; default: the system's clock. */
  readonly clock?: Clock | undefined;
  /** For one operation with sign-in and retries; default in src/limits.ts. */
  readonly deadlineMs?: number | undefined;
}

/** What the clients of keys, secrets and certificates all take. */
interface ClientOptions {
  retryOptions: PipelineRetryOptions;
  additionalPolicies: { policy: PipelinePolicy; position: 'perCall' | 'perRetry' }[];
}

/** Fresh options for one SDK client: a shared object would grow its User-Agent with each client. */
export function clientOptions(): ClientOptions {
  return {
    retryOptions: {
      maxRetries: limits.vaultRetries,
      retryDelayInMs: limits.httpRetryBaseMs,
      maxRetryDelayInMs: limits.httpRetryCapMs,
    },
    additionalPolicies: [{ policy: boundedRetryAfter, position: 'perRetry' }],
  };
}

/**
 * Runs one SDK call.
 * @throws {TrustError} as {@link refusalOf} says; INTERRUPTED; errors of the sign-in as they are
 */
export async function callVault<T>(
  operation: VaultOperation,
  { signal, deadlineMs = limits.vaultDeadlineMs }: VaultOptions,
  call: (options: { readonly abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const abortSignal = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    return await call({ abortSignal });
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      if (signal?.aborted === true) throw interrupted(error);
      if (deadline.aborted) throw timedOut(operation, deadlineMs, error);
    }
    throw refusalOf(error, operation);
  }
}

function interrupted(cause: unknown): TrustError {
  return new TrustError('INTERRUPTED', 'The run was cancelled while it waited for Key Vault', {
    remedy: 'Nothing was signed by this call; run the job again.',
    cause,
  });
}

const retryAfterHeaders = ['retry-after', 'retry-after-ms', 'x-ms-retry-after-ms'];

/** The SDK waits as long as Retry-After asks, uncapped: take away what asks for too long. */
const boundedRetryAfter: PipelinePolicy = {
  name: 'boundedRetryAfter',
  async sendRequest(request, next) {
    const response = await next(request);
    if (asksForTooLong(response)) {
      for (const name of retryAfterHeaders) response.headers.delete(name);
    }
    return response;
  },
};

function asksForTooLong({ headers }: PipelineResponse): boolean {
  return retryAfterHeaders.some((name) => {
    const value = headers.get(name);
    if (value === undefined) return false;
    const number = Number(value);
    const ms = Number.isNaN(number)
      ? Date.parse(value) - Date.now()
      : number * (name.endsWith('-ms') ? 1 : 1000);
    // A value that is neither number nor date makes NaN, which the SDK ignores too.
    return ms > limits.vaultRetryAfterCapMs;
  });
}
