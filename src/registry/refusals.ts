/** Explains a registry's 401 or 403 in terms of the role that is missing. */
import { TrustError } from '../errors.js';
import { registryNameOf, type HttpResponse } from '../http/index.js';
import { errorDetail } from './failures.js';

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
      remedy:
        `Assign the role ${role} on the registry to this principal, then log in afresh: a role ` +
        'takes effect only with a new token.',
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
    `Registry ${host} keeps ${name} as it is (status ${response.status}, ${detail})`,
    {
      remedy:
        'The tag or the repository is locked. Use another tag, or look at its attribute writeEnabled with:\n' +
        `az acr repository show --name ${registryNameOf(host)} ${/[:@]/.test(name) ? '--image' : '--repository'} ${name} --query changeableAttributes`,
    },
  );
}
