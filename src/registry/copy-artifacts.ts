/**
 * Copies artifacts of one type, such as signatures, beside the images that they are attached to: byte
 * for byte, and listed at the target as its registry lists them. What is listed there is not copied
 * again.
 */
import { mapConcurrent } from '../concurrency.js';
import { limits } from '../limits.js';
import { readArtifactManifest } from './artifact-manifest.js';
import { attachArtifact, type Artifact, type KnownOfRepository } from './attach-artifact.js';
import { createBlobReader } from './blobs.js';
import { listReferrers } from './referrers.js';
import type { RepositoryAccess } from './types.js';

/** An artifact of an image that is copied. */
export interface AttachedCopy {
  /** Digest of the image. */
  readonly subject: string;
  /** Digest of the artifact. */
  readonly digest: string;
  readonly isThere: boolean;
}

/** What is attached to an image at its source. */
export interface PlannedArtifacts {
  /** Those of the type that is copied. */
  readonly artifacts: readonly AttachedCopy[];
  /** The type of each other artifact; these stay behind. */
  readonly others: readonly string[];
}

/**
 * Finds what is attached to images at their source, and what of it the target lists already. One
 * request for each image, and one more for each that has such an artifact.
 * @param subjects digests of the images.
 * @throws {TrustError} as listReferrers
 */
export async function planArtifacts(
  from: RepositoryAccess,
  to: RepositoryAccess,
  subjects: readonly string[],
  artifactType: string,
): Promise<PlannedArtifacts> {
  const found = await mapConcurrent(subjects, limits.concurrentBlobs, async (subject) => {
    const { referrers } = await listReferrers(from, subject);
    const wanted = referrers.filter((one) => one.artifactType === artifactType);
    const there =
      wanted.length > 0 ? (await listReferrers(to, subject, artifactType)).referrers : [];
    return {
      artifacts: wanted.map(({ digest }) => ({
        subject,
        digest,
        isThere: there.some((one) => one.digest === digest),
      })),
      others: referrers
        .filter((one) => !wanted.includes(one))
        .map((one) => one.artifactType ?? one.mediaType),
    };
  });
  return {
    artifacts: found.flatMap(({ artifacts }) => artifacts),
    others: found.flatMap(({ others }) => others),
  };
}

/**
 * Copies artifacts, each until the target lists it.
 * @param onCopied told of each at once, so that a failure can say what is left.
 * @returns those that are listed at the source and cannot be read there; nobody can use them.
 * @throws {TrustError} as attachArtifact, and what reading them throws
 */
export async function copyArtifacts(
  from: RepositoryAccess,
  to: RepositoryAccess,
  artifacts: readonly AttachedCopy[],
  artifactType: string,
  onCopied: (copied: AttachedCopy) => void,
): Promise<readonly AttachedCopy[]> {
  const known: KnownOfRepository = { configurations: new Map() };
  const unreadable = await mapConcurrent(artifacts, limits.concurrentSignatures, async (one) => {
    const artifact = await readArtifact(from, one, artifactType);
    if (!artifact) return [one];
    await attachArtifact(to, artifact, known);
    onCopied(one);
    return [];
  });
  return unreadable.flat();
}

/** The artifact with all its bytes; undefined where a part is missing, too large or of another image. */
async function readArtifact(
  from: RepositoryAccess,
  { subject, digest }: AttachedCopy,
  artifactType: string,
): Promise<Artifact | undefined> {
  const found = await readArtifactManifest(from, digest);
  if (found?.artifactType !== artifactType || found.subject?.digest !== subject) return undefined;
  const parts = [...(found.configuration ? [found.configuration] : []), ...found.layers];
  if (parts.some(({ size }) => size > limits.signatureEnvelopeBytes)) return undefined;
  const read = createBlobReader(from);
  const blobs = await Promise.all(
    parts.map(({ digest: part }) => read(from.repository, part, limits.signatureEnvelopeBytes)),
  );
  const [first, ...others] = blobs.filter((blob) => blob !== undefined);
  if (!first || others.length + 1 < parts.length) return undefined;
  const { annotations, manifest } = found;
  const { mediaType, bytes } = manifest;
  return {
    subject: found.subject,
    artifactType,
    annotations,
    manifest: { mediaType, bytes },
    blobs: [first, ...others],
  };
}
