/**
 * Whether a build may have to read from the registry it builds for, so that the run has to log in.
 * Says yes wherever it cannot be told. Asks nobody.
 */
import {
  findBaseImages,
  parseReference,
  type BaseImageOptions,
  type BaseImages,
} from '../../docker/index.js';
import { isTrustError } from '../../errors.js';
import type { PreparedBuild } from './build-image.js';

/** @param registry the login server, in lower case. */
export function readsRegistry(
  { request, dockerfile }: PreparedBuild,
  registry: string,
  options: BaseImageOptions,
): boolean {
  // A remote Dockerfile is read by Docker alone.
  if (!dockerfile) return true;
  const texts = [
    dockerfile.text,
    request.context,
    ...(request.cacheFrom ?? []),
    ...(request.cacheTo ?? []),
    ...(request.extraArguments ?? []),
    ...Object.values(options.buildArgs ?? {}),
  ];
  if (texts.some((text) => text.toLowerCase().includes(registry))) return true;
  // A name may also be put together of variables.
  const bases = basesOf(dockerfile.text, options);
  return (
    !bases ||
    bases.unresolved.length > 0 ||
    bases.images.some(({ reference }) => parseReference(reference)?.host === registry)
  );
}

/** @returns undefined for a Dockerfile that only Docker may understand. */
function basesOf(text: string, options: BaseImageOptions): BaseImages | undefined {
  try {
    return findBaseImages(text, options);
  } catch (error) {
    if (isTrustError(error)) return undefined;
    throw error;
  }
}
