/**
 * Reads from Azure Resource Manager, as far as the principal may. Nothing here is needed to sign, so
 * a refusal is an answer ("not checked"), not a failure.
 */
import type { TokenCredential } from '@azure/core-auth';

import { isTrustError, TrustError } from '../errors.js';
import { HttpError, parseErrorResponse, requestedWait, withDeadline } from '../http/index.js';
import type { HttpClient, HttpResponse } from '../http/index.js';
import { asList, asText, isRecord, parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { Cloud } from './clouds.js';

/** Whom to ask, and as whom. */
export interface ArmAccess {
  readonly credential: TokenCredential;
  readonly cloud: Cloud;
  readonly http: HttpClient;
  readonly signal?: AbortSignal;
}

/** Why something is not known. */
export interface NotChecked {
  readonly state: 'not checked';
  readonly why: string;
}

/** What ARM said, or why it said nothing. */
export type ArmAnswer<T> = ({ readonly state: 'read' } & T) | NotChecked;

type ArmObject = Readonly<Record<string, unknown>>;

const registryIdPattern =
  /^\/subscriptions\/[\w-]+\/resourceGroups\/[\w.()-]+\/providers\/Microsoft\.ContainerRegistry\/registries\/[A-Za-z0-9]+$/i;

/** Whether `text` is the resource ID of a registry. */
export function isRegistryId(text: string): boolean {
  return registryIdPattern.test(text);
}

/** @throws {TrustError} INPUT_INVALID unless `text` is the resource id of a registry. */
export function parseRegistryId(text: string): string {
  if (!isRegistryId(text)) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is not the resource ID of a container registry`,
      {
        remedy:
          'Give what `az acr show --name <registry> --query id --output tsv` prints, such as /subscriptions/' +
          '11111111-2222-3333-4444-555555555555/resourceGroups/images/providers/' +
          'Microsoft.ContainerRegistry/registries/contoso.',
      },
    );
  }
  return text;
}

/**
 * GETs `pathOrLink` (a path below the ARM endpoint, or a link of an earlier answer), or POSTs a query
 * to it, which changes nothing either.
 * @throws {TrustError} INTERRUPTED only.
 */
export async function readFromArm(
  access: ArmAccess,
  pathOrLink: string,
  query?: object,
): Promise<ArmAnswer<{ readonly body: ArmObject }>> {
  const { armEndpoint } = access.cloud;
  const url = URL.canParse(pathOrLink, armEndpoint) ? new URL(pathOrLink, armEndpoint) : undefined;
  // A link from an answer must not take the token elsewhere.
  if (url?.origin !== armEndpoint) {
    return notChecked('Azure Resource Manager named a page outside of itself');
  }
  let response: HttpResponse;
  try {
    const bounds = { signal: access.signal, deadlineMs: limits.armDeadlineMs, interrupted, late };
    response = await withDeadline(bounds, (signal) => ask(access, url, query, signal));
  } catch (error) {
    return unanswered(error);
  }
  const body = parseJsonObject(response.body);
  if (response.status === 403) {
    return notChecked('the principal may not read this from Azure Resource Manager');
  }
  return response.status === 200 && body !== undefined
    ? { state: 'read', body }
    : notChecked(
        `Azure Resource Manager answered ${response.status}${requestedWait(parseErrorResponse(response))}`,
      );
}

/**
 * The entries of a list, of all its pages.
 * @throws {TrustError} INTERRUPTED only.
 */
export async function readListFromArm(
  access: ArmAccess,
  path: string,
): Promise<ArmAnswer<{ readonly entries: readonly ArmObject[] }>> {
  const entries: ArmObject[] = [];
  let link: string | undefined = path;
  for (let page = 0; link !== undefined; page += 1) {
    // A list that was cut would pass for a whole one.
    if (page === limits.armPages) return notChecked(`${service} answered with too long a list`);
    const answer = await readFromArm(access, link);
    if (answer.state === 'not checked') return answer;
    const { value, nextLink } = answer.body;
    if (!Array.isArray(value)) return notChecked(`${service} answered with no list`);
    entries.push(...asList(value).filter(isRecord));
    link = asText(nextLink);
  }
  return { state: 'read', entries };
}

/**
 * The ID of the first resource that a query of Azure Resource Graph finds, which shows each principal only
 * what it may read; undefined without one.
 * @throws {TrustError} INTERRUPTED only.
 */
export async function findResource(
  access: ArmAccess,
  query: string,
): Promise<ArmAnswer<{ readonly id: string | undefined }>> {
  const path = '/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01';
  const answer = await readFromArm(access, path, { query });
  if (answer.state === 'not checked') return answer;
  const [first] = asList(answer.body.data);
  return { state: 'read', id: isRecord(first) ? asText(first.id) : undefined };
}

async function ask(
  { cloud, credential, http }: ArmAccess,
  { href }: URL,
  query: object | undefined,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const token = await credential.getToken(`${cloud.armEndpoint}/.default`, { abortSignal: signal });
  const headers = { Authorization: `Bearer ${token?.token ?? ''}` };
  const common = { url: href, service, maxBytes: limits.tokenBytes, signal };
  if (query === undefined) return http({ ...common, method: 'GET', headers });
  return http({
    ...common,
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(query),
    retry: true,
  });
}

const service = 'Azure Resource Manager';

function interrupted(cause?: unknown): TrustError {
  return new TrustError('INTERRUPTED', 'The preflight was cancelled', {
    remedy: 'Run the step again.',
    cause,
  });
}

function late(): HttpError {
  const seconds = limits.armDeadlineMs / 1000;
  return new HttpError('timeout', `${service} did not answer within ${seconds} seconds`);
}

function unanswered(error: unknown): NotChecked {
  if (error instanceof HttpError && error.kind === 'aborted') throw interrupted(error);
  if (error instanceof HttpError || (isTrustError(error) && error.code !== 'INTERRUPTED')) {
    return notChecked(error.message);
  }
  throw error;
}

function notChecked(why: string): NotChecked {
  return { state: 'not checked', why };
}
