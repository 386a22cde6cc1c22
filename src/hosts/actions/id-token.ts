/** The workflow's OpenID Connect token, and why there may be none. Never prints the token. */
import * as core from '@actions/core';
import { messageOf, TrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import type { Environment } from '../environment.js';

/** Gives a function that fetches a fresh token for an audience. */
export function createIdToken(
  environment: Environment,
  secrets: Secrets,
): (audience: string) => Promise<string> {
  return async (audience) => {
    if (!environment.ACTIONS_ID_TOKEN_REQUEST_URL || !environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN) {
      throw new TrustError(
        'CREDENTIAL_MISSING',
        'The workflow may not ask GitHub for an OpenID Connect token.',
        {
          remedy:
            'Give the job the permission "id-token: write". A pull request from a fork never gets it: sign after the merge instead, or on a trusted branch.',
        },
      );
    }
    try {
      const token = await core.getIDToken(audience);
      secrets.mask(token);
      return token;
    } catch (error) {
      throw new TrustError(
        'CREDENTIAL_MISSING',
        `GitHub gave no OpenID Connect token for "${audience}": ${messageOf(error)}`,
        {
          remedy: 'Run the job again; if it lasts, see https://www.githubstatus.com.',
          cause: error,
        },
      );
    }
  };
}
