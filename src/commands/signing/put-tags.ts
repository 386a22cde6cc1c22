/** Gives a manifest that is in the registry, and signed, its tags. */
import { isTrustError, messageOf, TrustError } from '../../errors.js';
import type { Manifest, RegistryClient } from '../../registry/index.js';
import type { ImageConfiguration } from '../configuration/types.js';

/**
 * Puts the manifest under every tag, all at once.
 * @throws {TrustError} with the code of the first refusal, naming every tag with what became of it.
 */
export async function putTags(
  images: RegistryClient,
  { gun, repository, tags }: ImageConfiguration,
  { bytes, mediaType, digest }: Manifest,
): Promise<void> {
  const results = await Promise.allSettled(
    tags.map((tag) => images.putManifest(repository, tag, bytes, mediaType)),
  );
  const of = (status: 'fulfilled' | 'rejected'): string =>
    tags.filter((_tag, index) => results[index]?.status === status).join(', ');
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return;
  const cause: unknown = failed.reason;
  const isKnown = isTrustError(cause);
  const done = of('fulfilled');
  throw new TrustError(
    isKnown ? cause.code : 'UNEXPECTED',
    `${gun} is signed for ${digest}, but these tags could not be put: ${of('rejected')}.` +
      `${done === '' ? '' : ` Put: ${done}.`} ${messageOf(cause)}`,
    {
      remedy:
        `${isKnown ? cause.remedy : ''} Clients with content trust get the new image already, all others what the tags stood for. Then run the step again.`.trim(),
      cause,
    },
  );
}
