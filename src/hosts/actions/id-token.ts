/** The workflow's OpenID Connect token, and why there may be none. Never prints the token. */
import { requestGitHubToken } from '../../azure/index.js';
import type { HostIdentity } from '../../access/index.js';
import { TrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import type { Environment } from '../environment.js';

/** Gives a function that fetches a fresh token for an audience. */
export function createIdToken(
  environment: Environment,
  secrets: Secrets,
): NonNullable<HostIdentity['idToken']> {
  return async (audience, http) => {
    const requestUrl = environment.ACTIONS_ID_TOKEN_REQUEST_URL;
    const requestToken = environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
    if (!requestUrl || !requestToken) {
      throw new TrustError(
        'CREDENTIAL_MISSING',
        'The workflow may not ask GitHub for an OpenID Connect token.',
        {
          remedy:
            'Give the job the permission "id-token: write". A pull request from a fork never gets it: sign after the merge instead, or on a trusted branch.',
        },
      );
    }
    secrets.mask(requestToken);
    const token = await requestGitHubToken({ requestUrl, requestToken }, audience, http);
    secrets.mask(token);
    return token;
  };
}
