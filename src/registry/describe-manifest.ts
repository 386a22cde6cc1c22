/** What a registry says of a manifest without sending it: a HEAD, for many images at a time. */
import { limits } from '../limits.js';
import type { Descriptor } from './content.js';
import { bearer } from './credential.js';
import { accessRefused, sendToRegistry } from './error-mapping.js';
import { isDigest } from './image-name.js';
import { getManifest, manifestUrl, statedDigest } from './manifests.js';
import { bareMediaType, manifestMediaTypes } from './media-types.js';
import type { RepositoryAccess } from './types.js';

/**
 * What the registry says of the manifest of a tag or digest, without its bytes: a digest that was
 * asked for is what it is signed by, and everything else is the registry's word.
 * @returns undefined when the registry has none.
 * @throws {TrustError} as getManifest.
 */
export async function describeManifest(
  access: RepositoryAccess,
  reference: string,
): Promise<Descriptor | undefined> {
  const { host, http, token, repository, signal } = access;
  const response = await sendToRegistry(http, host, {
    method: 'HEAD',
    url: manifestUrl(host, repository, reference),
    headers: {
      Accept: manifestMediaTypes.join(', '),
      ...bearer(await token(`repository:${repository}:pull`)),
    },
    maxBytes: limits.errorBodyBytes,
    ...(signal && { signal }),
  });
  if (response.status === 404) return undefined;
  if (response.status === 401 || response.status === 403) {
    throw accessRefused('pull', host, repository, response);
  }
  const mediaType = bareMediaType(response.header('content-type'));
  const size = Number(response.header('content-length') ?? Number.NaN);
  const [digest] = statedDigest(response);
  const isComplete =
    response.status === 200 &&
    digest !== undefined &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    size > 0 &&
    manifestMediaTypes.some((known) => known === mediaType);
  if (isComplete && (!isDigest(reference) || digest === reference)) {
    return { mediaType, digest, size };
  }
  // Not every registry says all of it before the bytes; what is wrong, the bytes show.
  const manifest = await getManifest(access, repository, reference);
  return (
    manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.length }
  );
}
