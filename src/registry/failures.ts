/**
 * What can go wrong between us and a registry, in the words of the product. Texts of the server are
 * shortened and stripped of control characters before they are repeated.
 */
import { TrustError } from '../errors.js';
import {
  askedWait,
  busyRemedy,
  errorAnswerOf,
  HttpError,
  oneLine,
  registryFirewall,
} from '../http/index.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../http/index.js';

/**
 * Sends `request` to the registry `host`.
 * @throws {TrustError} REGISTRY_UNREACHABLE, REGISTRY_FIREWALL, REGISTRY_FAILED, INTERRUPTED
 */
export async function sendToRegistry(
  http: HttpClient,
  host: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  let response: HttpResponse;
  try {
    response = await http(request);
  } catch (error) {
    throw error instanceof HttpError ? noAnswer(host, error) : error;
  }
  const firewall = registryFirewall(host, response);
  if (firewall) throw firewall;
  return response;
}

function noAnswer(host: string, cause: HttpError): TrustError {
  switch (cause.kind) {
    case 'aborted':
      return new TrustError('INTERRUPTED', `The request to registry ${host} was cancelled`, {
        remedy: 'Run the step again.',
        cause,
      });
    case 'too-large':
    case 'unreadable':
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
  const answer = errorAnswerOf(response);
  const detail = errorDetail(response);
  const isForeign = answer.isWebPage && answer.status >= 300;
  const speaker = answer.speaker === undefined ? '' : ` (${answer.speaker})`;
  return new TrustError(
    'REGISTRY_FAILED',
    `Registry ${host} answered ${response.status} to ${what}` +
      (detail === '' ? '' : `: ${detail}`) +
      (isForeign ? `: a web page, as a proxy gives it${speaker}` : '') +
      askedWait(answer),
    {
      remedy: answer.isBusy
        ? `${busyRemedy(answer, 'the registry')}${hint}`
        : `Check that ${host} is a container registry and that its name is right.${hint}`,
    },
  );
}

/** The registry's own words (OCI distribution specification, error codes), or an empty string. */
export function errorDetail(response: HttpResponse): string {
  const { code, words, isWebPage } = errorAnswerOf(response);
  if (code === undefined || isWebPage) return '';
  return oneLine([code, words].filter((text) => text !== '').join(': '));
}
