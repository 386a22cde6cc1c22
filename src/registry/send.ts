/** Requests to one repository, and lists that come in pages. */
import { TrustError } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { bearer } from './credential.js';
import { accessRefused, isLocked, sendToRegistry, tagLocked } from './error-mapping.js';
import type { RepositoryAccess } from './types.js';

/** What a request may do; `mountFrom` is a repository that is read at the same time. */
interface Right {
  readonly action: 'pull' | 'push';
  readonly mountFrom?: string | undefined;
  /** What is written, where that is less than the repository. */
  readonly name?: string;
}

/**
 * The answer, unless it says that this principal may not, or nobody.
 * @throws {TrustError} REGISTRY_LOGIN_REFUSED (pull), PUSH_NOT_AUTHORIZED, PUSH_FAILED (locked),
 * REGISTRY_UNREACHABLE, REGISTRY_FAILED, INTERRUPTED
 */
export async function sendToRepository(
  { host, http, token, repository, signal }: RepositoryAccess,
  { action, mountFrom, name = repository }: Right,
  request: HttpRequest,
): Promise<HttpResponse> {
  const scopes = [
    `repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}`,
    ...(mountFrom === undefined ? [] : [`repository:${mountFrom}:pull`]),
  ];
  const response = await sendToRegistry(http, host, {
    ...request,
    headers: { ...request.headers, ...bearer(await token(scopes.join(' '))) },
    ...(signal && { signal }),
  });
  if (action === 'push' && isLocked(response)) throw tagLocked(host, name, response);
  if (response.status === 401 || response.status === 403) {
    throw accessRefused(action, host, repository, response);
  }
  return response;
}

/**
 * The answers to a request for a list, page after page.
 * @param what the list, at the beginning of a sentence.
 * @throws {TrustError} REGISTRY_FAILED for a list that never ends or goes on at another host; what `ask` throws.
 */
export async function* pagesOf(
  host: string,
  what: string,
  first: string,
  ask: (url: string) => Promise<HttpResponse>,
): AsyncGenerator<HttpResponse> {
  let url: string | undefined = first;
  for (let page = 0; url !== undefined; page += 1) {
    if (page === limits.listPages) {
      throw new TrustError('REGISTRY_FAILED', `${what} never ends`, {
        remedy: 'Report this to the operator of the registry.',
      });
    }
    const response = await ask(url);
    yield response;
    url = nextPage(host, response, url);
  }
}

/** RFC 8288: the target of rel="next"; the token goes to the same registry only. */
export function nextPage(
  host: string,
  response: HttpResponse,
  current: string,
): string | undefined {
  const link = response.header('link') ?? '';
  const target = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(link)?.[1];
  if (target === undefined) return undefined;
  const next = URL.canParse(target, current) ? new URL(target, current) : undefined;
  if (next?.origin === new URL(current).origin) return next.href;
  // A list that ends here would pass for a whole one.
  throw new TrustError('REGISTRY_FAILED', `Registry ${host} continues its list on another host`, {
    remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.`,
  });
}
