/** Explains a registry's 401 or 403 in terms of the role that is missing. */
import { TrustError } from '../errors.js';
import type { HttpResponse } from '../http/index.js';
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
