/** How old an image is, by what the registry holds under its digest; every byte is hashed. */
import { TrustError } from '../../errors.js';
import { isRecord, parseJsonObject } from '../../http/index.js';
import { limits } from '../../limits.js';
import { isDigest, isIndexMediaType, type Manifest } from '../../registry/index.js';
import type { HostAccess } from './access.js';

/** When one platform's image was made. */
export interface ImageDate {
  /** Such as `linux/arm64`; undefined for an image that is for one platform only. */
  readonly platform: string | undefined;
  /** Undefined when the image does not say. */
  readonly created: Date | undefined;
}

const dayMs = 24 * 60 * 60_000;
/** An image of an index, of an index: nobody nests deeper. */
const deepestIndex = 3;
const mostPlatforms = 64;

/** @throws {TrustError} what the registry throws, REGISTRY_FAILED for content that is no image. */
export async function imageDatesOf(
  access: Pick<HostAccess, 'images' | 'readBlob'>,
  repository: string,
  manifest: Manifest,
  platform?: string,
  depth = 0,
): Promise<readonly ImageDate[]> {
  const content = parseJsonObject(manifest.bytes);
  if (!isIndexMediaType(manifest.mediaType)) {
    const config = isRecord(content?.config) ? content.config.digest : undefined;
    return [{ platform, created: await createdOf(access, repository, config) }];
  }
  const listed = (Array.isArray(content?.manifests) ? content.manifests : []) as unknown[];
  const images = listed.filter(isRecord).filter((entry) => !isAttestation(entry));
  if (depth >= deepestIndex || images.length > mostPlatforms) {
    throw strange(manifest.digest, 'it lists more than can be looked at');
  }
  const dates = await Promise.all(
    images.map(async (entry) => {
      const { digest } = entry;
      const image =
        typeof digest === 'string' && isDigest(digest)
          ? await access.images.getManifest(repository, digest)
          : undefined;
      const name = platformOf(entry);
      if (!image) throw strange(manifest.digest, `the registry lacks its image for ${name}`);
      return imageDatesOf(access, repository, image, name, depth + 1);
    }),
  );
  return dates.flat();
}

async function createdOf(
  { readBlob }: Pick<HostAccess, 'readBlob'>,
  repository: string,
  config: unknown,
): Promise<Date | undefined> {
  if (typeof config !== 'string' || !isDigest(config)) return undefined;
  const blob = await readBlob(repository, config, limits.imageConfigBytes);
  const created = blob && parseJsonObject(blob)?.created;
  if (typeof created !== 'string') return undefined;
  const at = new Date(created);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** What is wrong with an image's age, or undefined. */
export function ageProblem(
  dates: readonly ImageDate[],
  maxAgeDays: number,
  now: Date,
): string | undefined {
  if (dates.length === 0) return 'it does not say when it was made';
  const problems = dates.flatMap(({ platform, created }) => {
    const name = platform === undefined ? 'it' : `its image for ${platform}`;
    if (!created || created.getTime() <= 0) return [`${name} does not say when it was made`];
    const days = (now.getTime() - created.getTime()) / dayMs;
    if (days < -1) return [`${name} was made in the future, ${created.toISOString()}`];
    if (days <= maxAgeDays) return [];
    return [`${name} is ${Math.floor(days)} days old, and ${maxAgeDays} are allowed`];
  });
  return problems.length === 0 ? undefined : problems.join('; ');
}

/** What buildx adds to an index besides images (moby/buildkit, attestation storage). */
function isAttestation({ annotations }: Readonly<Record<string, unknown>>): boolean {
  return (
    isRecord(annotations) && annotations['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

function platformOf({ platform }: Readonly<Record<string, unknown>>): string {
  if (!isRecord(platform)) return 'a platform without a name';
  return [platform.os, platform.architecture, platform.variant]
    .filter((part) => typeof part === 'string')
    .join('/');
}

function strange(digest: string, why: string): TrustError {
  return new TrustError('REGISTRY_FAILED', `The age of ${digest} cannot be told: ${why}`, {
    remedy: 'Push the image again with all of its platforms, or leave out the maximum age.',
  });
}
