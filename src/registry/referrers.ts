/** What is attached to an image (OCI distribution specification, listing referrers). */
import { isRecord, parseJsonObject } from '../http/index.js';
import { limits } from '../limits.js';
import { bearer } from './credential.js';
import { sendToRegistry } from './error-mapping.js';
import { parseDigest, parseRepository } from './image-name.js';
import type { RepositoryAccess } from './types.js';

/**
 * The types of the artifacts that are attached to `digest`, one for each artifact of the first page.
 * @returns undefined where the registry does not say.
 * @throws {TrustError} REGISTRY_UNREACHABLE, REGISTRY_FAILED, INTERRUPTED
 */
export async function listAttached(
  { host, http, token, repository, signal }: RepositoryAccess,
  digest: string,
): Promise<readonly string[] | undefined> {
  const name = parseRepository(repository);
  const response = await sendToRegistry(http, host, {
    method: 'GET',
    url: `https://${host}/v2/${name}/referrers/${parseDigest(digest)}`,
    headers: bearer(await token(`repository:${name}:pull`)),
    maxBytes: limits.manifestBytes,
    ...(signal && { signal }),
  });
  const manifests = response.status === 200 ? parseJsonObject(response.body)?.manifests : undefined;
  if (!Array.isArray(manifests)) return undefined;
  return (manifests as readonly unknown[])
    .filter(isRecord)
    .map(({ artifactType, mediaType }) => [artifactType, mediaType].find(isText) ?? 'unknown');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
