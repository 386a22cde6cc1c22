/** The repositories of a registry, page by page (OCI distribution specification, catalog). */
import { TrustError } from '../errors.js';
import { type HttpResponse } from '../http/index.js';
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import { bearer } from './credential.js';
import { errorDetail, sendToRegistry, unexpectedResponse } from './error-mapping.js';
import { pagesOf } from './send.js';
import type { RegistryClientOptions } from './types.js';

const pageSize = 1000;

/**
 * All repositories that have an image. One whose images were all deleted may be missing, although it
 * has trust data.
 * @throws {TrustError} REGISTRY_LOGIN_REFUSED, REGISTRY_FAILED, REGISTRY_UNREACHABLE, INTERRUPTED
 */
export async function listRepositories({
  host,
  http,
  token,
  signal,
}: RegistryClientOptions): Promise<readonly string[]> {
  const names = new Set<string>();
  const first = `https://${host}/v2/_catalog?n=${pageSize}`;
  const ask = async (url: string): Promise<HttpResponse> =>
    sendToRegistry(http, host, {
      method: 'GET',
      url,
      headers: bearer(await token('registry:catalog:*')),
      maxBytes: limits.manifestBytes,
      ...(signal && { signal }),
    });
  for await (const response of pagesOf(host, `The list of repositories of ${host}`, first, ask)) {
    if (response.status === 401 || response.status === 403) {
      const detail = errorDetail(response);
      throw new TrustError(
        'REGISTRY_LOGIN_REFUSED',
        `Registry ${host} does not let this principal list its repositories (status ${response.status}${detail === '' ? '' : `, ${detail}`})`,
        {
          remedy:
            'Assign the role AcrPull on the whole registry to this principal (Container Registry Repository Catalog Lister where the registry assigns rights by repository).\nOr name the repositories.',
        },
      );
    }
    const listed = parseJsonObject(response.body)?.repositories ?? [];
    // A list of which a part cannot be read would pass for a whole one.
    if (response.status !== 200 || !isTexts(listed)) {
      throw unexpectedResponse(host, 'GET /v2/_catalog', response);
    }
    for (const name of listed) names.add(name);
  }
  return [...names];
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
