/**
 * What can go wrong between us and a registry, in the words of the product. Texts of the server are
 * shortened and stripped of control characters before they are repeated.
 */
import { TrustError } from '../errors.js';
import {
  requestedWait,
  busyRemedy,
  parseErrorResponse,
  HttpError,
  oneLine,
  registryFirewall,
  registryNameOf,
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
    throw error instanceof HttpError ? noResponse(host, error) : error;
  }
  const firewall = registryFirewall(host, response);
  if (firewall) throw firewall;
  return response;
}

function noResponse(host: string, cause: HttpError): TrustError {
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
export function unexpectedResponse(
  host: string,
  what: string,
  response: HttpResponse,
  hint = '',
): TrustError {
  const answer = parseErrorResponse(response);
  const detail = errorDetail(response);
  const isForeign = answer.isWebPage && answer.status >= 300;
  const speaker = answer.speaker === undefined ? '' : ` (${answer.speaker})`;
  return new TrustError(
    'REGISTRY_FAILED',
    `Registry ${host} answered ${response.status} to ${what}` +
      (detail === '' ? '' : `: ${detail}`) +
      (isForeign ? `: a web page, as a proxy returns it${speaker}` : '') +
      requestedWait(answer),
    {
      remedy: answer.isBusy
        ? `${busyRemedy(answer, 'the registry')}${hint}`
        : `Check that ${host} is a container registry and that its name is right.${hint}`,
    },
  );
}

/** The registry's own words (OCI distribution specification, error codes), or an empty string. */
export function errorDetail(response: HttpResponse): string {
  const { code, words, isWebPage } = parseErrorResponse(response);
  if (code === undefined || isWebPage) return '';
  return oneLine([code, words].filter((text) => text !== '').join(': '));
}

/** @returns PUSH_NOT_AUTHORIZED for `push`, REGISTRY_LOGIN_REFUSED for `pull`. */
export function accessRefused(
  action: 'pull' | 'push',
  host: string,
  repository: string,
  response: HttpResponse,
): TrustError {
  const detail = errorDetail(response);
  const answer = `status ${response.status}${detail === '' ? '' : `, ${detail}`}`;
  const role = action === 'push' ? 'AcrPush' : 'AcrPull';
  return new TrustError(
    action === 'push' ? 'PUSH_NOT_AUTHORIZED' : 'REGISTRY_LOGIN_REFUSED',
    `Registry ${host} does not let this principal ${action} ${repository} (${answer})`,
    {
      remedy: `Assign the role ${role} on the registry to this principal, then log in again: a role takes effect only with a new token.`,
    },
  );
}

/** Whether a registry refuses because it keeps the tag or the repository as it is, for everybody. */
export function isLocked(response: HttpResponse): boolean {
  const { status } = response;
  if (status < 400 || status >= 500) return false;
  // Azure Container Registry's words; the status alone may mean other things.
  return /operation is disallowed on this registry|tag is immutable|TAG_LOCKED/i.test(
    errorDetail(response),
  );
}

/** @returns PUSH_FAILED for a tag that {@link isLocked}. */
export function tagLocked(host: string, name: string, response: HttpResponse): TrustError {
  const detail = errorDetail(response);
  return new TrustError(
    'PUSH_FAILED',
    `Registry ${host} does not allow changes of ${name} (status ${response.status}, ${detail})`,
    {
      remedy:
        'The tag or the repository is locked. Use another tag, or look at its attribute writeEnabled with:\n' +
        `az acr repository show --name ${registryNameOf(host)} ${/[:@]/.test(name) ? '--image' : '--repository'} ${name} --query changeableAttributes`,
    },
  );
}
