/** The configurations of an image, one for each platform, by what the registry holds under its digest. */
import { TrustError } from '../errors.js';
import { isRecord, parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import type { ReadBlob } from './blobs.js';
import { imagesIn } from './content.js';
import { isDigest } from './image-name.js';
import type { Manifest, RegistryClient } from './manifests.js';
import { isIndexMediaType } from './media-types.js';

/** One platform's image. */
interface ImageConfig {
  /** Such as `linux/arm64`; undefined for an image that is for one platform only. */
  readonly platform: string | undefined;
  /** Undefined where the image has none that is JSON. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

/** An image of an index, of an index: nobody nests deeper. */
const deepestIndex = 3;
const mostPlatforms = 64;

/**
 * Reads the configurations; every byte is hashed.
 * @throws {TrustError} what the registry throws, REGISTRY_FAILED for content that is no image.
 */
export async function readImageConfigs(
  access: { readonly images: Pick<RegistryClient, 'getManifest'>; readonly readBlob: ReadBlob },
  repository: string,
  manifest: Manifest,
  platform?: string,
  depth = 0,
): Promise<readonly ImageConfig[]> {
  const content = parseJsonObject(manifest.bytes);
  if (!isIndexMediaType(manifest.mediaType)) {
    const digest = isRecord(content?.config) ? content.config.digest : undefined;
    const blob =
      typeof digest === 'string' && isDigest(digest)
        ? await access.readBlob(repository, digest, limits.imageConfigBytes)
        : undefined;
    return [{ platform, config: blob && parseJsonObject(blob) }];
  }
  const images = imagesIn(content);
  if (depth >= deepestIndex || images.length > mostPlatforms) {
    throw strange(manifest.digest, 'it lists more images than the limit allows');
  }
  const configs = await Promise.all(
    images.map(async (entry) => {
      const { digest } = entry;
      const image =
        typeof digest === 'string' && isDigest(digest)
          ? await access.images.getManifest(repository, digest)
          : undefined;
      const name = platformOf(entry);
      if (!image) throw strange(manifest.digest, `the registry lacks its image for ${name}`);
      return readImageConfigs(access, repository, image, name, depth + 1);
    }),
  );
  return configs.flat();
}

function platformOf({ platform }: Readonly<Record<string, unknown>>): string {
  if (!isRecord(platform)) return 'a platform without a name';
  return [platform.os, platform.architecture, platform.variant]
    .filter((part) => typeof part === 'string')
    .join('/');
}

function strange(digest: string, why: string): TrustError {
  return new TrustError('REGISTRY_FAILED', `The images of ${digest} cannot be read: ${why}`, {
    remedy: 'Push the image again with all of its platforms.',
  });
}
