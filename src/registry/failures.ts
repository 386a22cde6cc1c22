/**
 * What can go wrong between us and a registry, in the words of the product. Texts of the server are
 * shortened and stripped of control characters before they are repeated.
 */
import { TrustError } from '../errors.js';
import { HttpError, isRecord, parseJsonObject } from '../http/index.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/index.js';

/** Sends `request` to the registry `host`. @throws {TrustError} REGISTRY_UNREACHABLE, INTERRUPTED, REGISTRY_FAILED */
export async function sendToRegistry(
  http: HttpClient,
  host: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  try {
    return await http(request);
  } catch (error) {
    throw error instanceof HttpError ? noAnswer(host, error) : error;
  }
}

function noAnswer(host: string, cause: HttpError): TrustError {
  switch (cause.kind) {
    case 'aborted':
      return new TrustError('INTERRUPTED', `The request to registry ${host} was cancelled`, {
        remedy: 'Run the step again.',
        cause,
      });
    case 'too-large':
      return new TrustError('REGISTRY_FAILED', `Registry ${host}: ${cause.message}`, {
        remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.`,
        cause,
      });
    case 'unreachable':
    case 'timeout':
    case 'tls':
      return new TrustError(
        'REGISTRY_UNREACHABLE',
        `Registry ${host} cannot be reached: ${cause.message}`,
        {
          remedy:
            'Check the spelling of the registry, its firewall and private endpoint, and the ' +
            'HTTPS_PROXY of this machine.',
          cause,
        },
      );
  }
}

/** An answer that is neither success nor a refusal we know. */
export function unexpectedAnswer(
  host: string,
  what: string,
  response: HttpResponse,
  hint = '',
): TrustError {
  const detail = errorDetail(response);
  const busy = response.status === 429 || response.status >= 500;
  return new TrustError(
    'REGISTRY_FAILED',
    `Registry ${host} answered ${response.status} to ${what}${detail === '' ? '' : `: ${detail}`}`,
    {
      remedy: busy
        ? `The registry is busy or out of order. Run the step again later.${hint}`
        : `Check that ${host} is a container registry and that its name is right.${hint}`,
    },
  );
}

/** The registry's own words (OCI distribution specification, error codes), or an empty string. */
export function errorDetail(response: HttpResponse): string {
  const errors = parseJsonObject(response.body)?.errors;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isRecord(first)) {
    return '';
  }
  const texts = [first.code, first.message].filter((text) => typeof text === 'string');
  return texts
    .join(': ')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 300);
}
