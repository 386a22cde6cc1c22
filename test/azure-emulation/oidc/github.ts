/**
 * GitHub's id-token endpoint: a job's request token buys a token with the job's subject. Serves
 * the issuer's discovery document and keys as well.
 */
import { exportJWK } from 'jose';

import { bearerOf } from '../core/call.js';
import type { Answer, Service } from '../core/call.js';
import { guid, secretText } from '../core/ids.js';
import type { OidcIssuers } from './issuers.js';

/** `iss` of the tokens. */
const gitHubIssuer = 'https://token.actions.githubusercontent.com';

/** Host names of the issuer and of the id-token endpoint end with this. */
export const gitHubSuffix = '.actions.githubusercontent.com';

const tokenSeconds = 300;

/** A job that may ask for tokens. */
export interface GitHubJob {
  readonly subject: string;
  readonly repository: string;
}

/** The jobs the endpoint knows. */
export interface GitHubJobs {
  /** Returns what the runner puts into ACTIONS_ID_TOKEN_REQUEST_URL and _TOKEN. */
  add(job: GitHubJob): { readonly requestUrl: string; readonly requestToken: string };
  find(path: string, requestToken: string | undefined): GitHubJob | undefined;
}

/** Makes an empty set of jobs. */
export function createGitHubJobs(): GitHubJobs {
  const jobs = new Map<string, { job: GitHubJob; requestToken: string }>();
  return {
    add: (job) => {
      const path = `/${guid()}/_apis/distributedtask/hubs/Actions/plans/${guid()}/jobs/${guid()}/idtoken`;
      const requestToken = secretText();
      jobs.set(path, { job, requestToken });
      return {
        requestUrl: `https://pipelines${gitHubSuffix}${path}?api-version=2.0`,
        requestToken,
      };
    },
    find: (path, requestToken) => {
      const known = jobs.get(path);
      return known?.requestToken === requestToken ? known?.job : undefined;
    },
  };
}

/** The service behind both hosts. */
export function gitHubService(jobs: GitHubJobs, issuers: OidcIssuers): Service {
  issuers.addOwn(gitHubIssuer);
  return async (call): Promise<Answer> => {
    if (`https://${call.host}` === gitHubIssuer) return issuerDocument(call.path, issuers);
    const job = jobs.find(call.path, bearerOf(call));
    if (job === undefined)
      return { status: 401, body: { message: 'the request token is refused' } };
    if (call.method !== 'GET') return { status: 405 };
    call.caller = job.subject;
    const owner = job.repository.split('/')[0] ?? '';
    const audience = call.query.get('audience') ?? `https://github.com/${owner}`;
    const claims = { issuer: gitHubIssuer, subject: job.subject, audience };
    const more = { repository: job.repository, repository_owner: owner };
    return {
      status: 200,
      body: { value: await issuers.issue(claims, tokenSeconds, more) },
    };
  };
}

async function issuerDocument(path: string, { key }: OidcIssuers): Promise<Answer> {
  switch (path) {
    case '/.well-known/openid-configuration':
      return {
        status: 200,
        body: { issuer: gitHubIssuer, jwks_uri: `${gitHubIssuer}/.well-known/jwks` },
      };
    case '/.well-known/jwks': {
      const jwk = await exportJWK(key.publicKey);
      return { status: 200, body: { keys: [{ ...jwk, kid: key.keyId, use: 'sig' }] } };
    }
    default:
      return { status: 404 };
  }
}
