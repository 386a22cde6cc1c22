/** The tags of a repository, page by page (OCI distribution specification, listing tags). */
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import { unexpectedResponse } from './error-mapping.js';
import { parseRepository } from './image-name.js';
import { pagesOf, sendToRepository } from './send.js';
import type { RepositoryAccess } from './types.js';

const pageSize = 1000;

/**
 * Whether a tag is not one of an image: the list of what is attached to one (OCI distribution
 * specification, referrers tag schema), or what cosign attaches.
 */
export function isAttachmentTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/.test(tag);
}

/** All tags of images; undefined when the repository does not exist. */
export async function listTags(access: RepositoryAccess): Promise<readonly string[] | undefined> {
  const { host, repository } = access;
  const tags: string[] = [];
  const path = `/v2/${parseRepository(repository)}/tags/list`;
  const ask = (url: string) =>
    sendToRepository(
      access,
      { action: 'pull' },
      { method: 'GET', url, maxBytes: limits.manifestBytes },
    );
  const first = `https://${host}${path}?n=${pageSize}`;
  for await (const response of pagesOf(host, `The tag list of ${host}/${repository}`, first, ask)) {
    if (response.status === 404) return undefined;
    // The specification's null for "no tags" is common among registries.
    const listed = parseJsonObject(response.body)?.tags ?? [];
    if (response.status !== 200 || !Array.isArray(listed)) {
      throw unexpectedResponse(host, `GET ${path}`, response);
    }
    const texts = (listed as readonly unknown[]).filter((tag) => typeof tag === 'string');
    tags.push(...texts.filter((tag) => !isAttachmentTag(tag)));
  }
  return tags;
}
