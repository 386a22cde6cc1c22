/** What a registry says of a manifest without sending it: a HEAD, for many images at a time. */
import { limits } from '../limits.js';
import type { Descriptor } from './content.js';
import { isDigest } from './image-name.js';
import { getManifest, manifestUrl, statedDigest } from './manifests.js';
import { bareMediaType, manifestMediaTypes } from './media-types.js';
import { sendToRepository } from './send.js';
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
  const request = {
    method: 'HEAD',
    url: manifestUrl(access, reference),
    headers: { Accept: manifestMediaTypes.join(', ') },
    maxBytes: limits.errorBodyBytes,
  } as const;
  const response = await sendToRepository(access, { action: 'pull' }, request);
  if (response.status === 404) return undefined;
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
  const manifest = await getManifest(access, reference);
  return (
    manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.length }
  );
}
