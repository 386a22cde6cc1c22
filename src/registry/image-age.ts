/** How old an image is, by what the registry holds under its digest. */
import type { ReadBlob } from './blobs.js';
import { readImageConfigs } from './image-configs.js';
import type { Manifest, RegistryClient } from './manifests.js';

/** When one platform's image was made. */
interface ImageDate {
  /** Such as `linux/arm64`; undefined for an image that is for one platform only. */
  readonly platform: string | undefined;
  /** Undefined when the image does not say. */
  readonly created: Date | undefined;
}

const dayMs = 24 * 60 * 60_000;

/** @throws {TrustError} what the registry throws, REGISTRY_FAILED for content that is no image. */
export async function imageDatesOf(
  access: { readonly images: Pick<RegistryClient, 'getManifest'>; readonly readBlob: ReadBlob },
  repository: string,
  manifest: Manifest,
): Promise<readonly ImageDate[]> {
  const configs = await readImageConfigs(access, repository, manifest);
  return configs.map(({ platform, config }) => ({ platform, created: dateOf(config?.created) }));
}

function dateOf(created: unknown): Date | undefined {
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
