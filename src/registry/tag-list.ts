/** The tags of a repository, page by page (OCI distribution specification, listing tags). */
import { TrustError } from '../errors.js';
import { parseJsonObject, type HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { bearer } from './credential.js';
import { accessRefused, sendToRegistry, unexpectedResponse } from './error-mapping.js';
import { parseRepository } from './image-name.js';
import type { RegistryClientOptions } from './types.js';

const pageSize = 1000;
const maxPages = 1000;

/**
 * Whether a tag is not one of an image: the list of what is attached to one (OCI distribution
 * specification, referrers tag schema), or what cosign attaches.
 */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag);
}

/** All tags of images; undefined when the repository does not exist. */
export async function listTags(
  { host, http, token }: RegistryClientOptions,
  repository: string,
): Promise<readonly string[] | undefined> {
  const tags: string[] = [];
  const path = `/v2/${parseRepository(repository)}/tags/list`;
  let url: string | undefined = `https://${host}${path}?n=${pageSize}`;
  for (let page = 0; url !== undefined; page += 1) {
    if (page === maxPages) {
      throw new TrustError('REGISTRY_FAILED', `The tag list of ${host}/${repository} never ends`, {
        remedy: 'Report this to the operator of the registry.',
      });
    }
    const response = await sendToRegistry(http, host, {
      method: 'GET',
      url,
      headers: bearer(await token(`repository:${repository}:pull`)),
      maxBytes: limits.manifestBytes,
    });
    if (response.status === 404) {
      return undefined;
    }
    if (response.status === 401 || response.status === 403) {
      throw accessRefused('pull', host, repository, response);
    }
    // The specification's null for "no tags" is common among registries.
    const listed = parseJsonObject(response.body)?.tags ?? [];
    if (response.status !== 200 || !Array.isArray(listed)) {
      throw unexpectedResponse(host, `GET ${path}`, response);
    }
    const texts = (listed as readonly unknown[]).filter((tag) => typeof tag === 'string');
    tags.push(...texts.filter((tag) => !isAttachmentTag(tag)));
    url = nextPage(host, response, url);
  }
  return tags;
}

/** RFC 8288: the target of rel="next"; the token goes to the same registry only. */
export function nextPage(
  host: string,
  response: HttpResponse,
  current: string,
): string | undefined {
  const link = response.header('link') ?? '';
  const target = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(link)?.[1];
  if (target === undefined) {
    return undefined;
  }
  const next = URL.canParse(target, current) ? new URL(target, current) : undefined;
  if (next?.origin !== new URL(current).origin) {
    // A list that ends here would pass for a whole one.
    throw new TrustError('REGISTRY_FAILED', `Registry ${host} continues its list on another host`, {
      remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.`,
    });
  }
  return next.href;
}
