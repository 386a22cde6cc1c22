/**
 * How our SDK clients send requests to a vault: few retries, no long waits, and no answer taken for
 * the vault's that is not.
 */
import type {
  PipelinePolicy,
  PipelineResponse,
  PipelineRetryOptions,
} from '@azure/core-rest-pipeline';

import { limits } from '../../limits.js';

/** An error answer without Key Vault's error body: a proxy or gateway spoke in its place. */
export class StrangeAnswerError extends Error {
  constructor(readonly status: number) {
    super(`an answer ${status} that is not Key Vault's`);
    this.name = 'StrangeAnswerError';
  }
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
    additionalPolicies: [
      { policy: boundedRetryAfter, position: 'perRetry' },
      { policy: answersOfVaults, position: 'perCall' },
    ],
  };
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

/**
 * A proxy that refuses to connect answers in the place of the vault, and its 403 is no missing role.
 * The SDKs fail on an empty body besides (a TypeError that loses the status).
 */
const answersOfVaults: PipelinePolicy = {
  name: 'answersOfVaults',
  async sendRequest(request, next) {
    const response = await next(request);
    if (response.status >= 400 && !hasErrorCode(response.bodyAsText ?? '')) {
      throw new StrangeAnswerError(response.status);
    }
    return response;
  },
};

function hasErrorCode(body: string): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
  const error = (parsed as { error?: { code?: unknown } | null } | null)?.error;
  return typeof error?.code === 'string';
}
