/**
 * Attaches an artifact to an image (OCI distribution specification 1.1, "Pushing Manifests with
 * Subject"): its blobs, its manifest by its digest and without a tag, and an entry in the list of
 * the image's artifacts where the registry does not keep that itself. Done means: listed.
 */
import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import { hasBlob, putBlob } from './blob-target.js';
import type { Descriptor } from './content.js';
import { digestOf, sendManifest } from './manifests.js';
import { pause } from './pause.js';
import { hasReferrersApi, listReferrers } from './referrers.js';
import { addToReferrersTag } from './referrers-tag.js';
import type { RepositoryAccess } from './types.js';

/** An artifact with all its bytes. */
export interface Artifact {
  /** The image it is attached to. */
  readonly subject: Descriptor;
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly manifest: { readonly mediaType: string; readonly bytes: Buffer };
  /** Configuration and layers. */
  readonly blobs: readonly Buffer[];
}

/** Where an artifact is, and who lists it. */
export interface AttachedArtifact {
  readonly digest: string;
  readonly listedBy: 'api' | 'tag';
}

/**
 * @throws {TrustError} SIGNATURE_NOT_LISTED, PUSH_NOT_AUTHORIZED, PUSH_FAILED (locked), DIGEST_MISMATCH,
 * REGISTRY_FAILED, REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, INTERRUPTED
 */
export async function attachArtifact(
  access: RepositoryAccess,
  artifact: Artifact,
): Promise<AttachedArtifact> {
  const { subject, manifest, artifactType, annotations } = artifact;
  await Promise.all(artifact.blobs.map((bytes) => sendBlob(access, bytes)));
  const digest = digestOf('sha256', manifest.bytes);
  const { mediaType, bytes } = manifest;
  const response = await sendManifest(access, access.repository, digest, bytes, mediaType);
  // A registry that lists the artifact says so. One that does not may have the API nevertheless.
  const isListed = response.header('oci-subject') === subject.digest;
  if (isListed || (await hasReferrersApi(access))) {
    await requireListed(access, artifact, digest);
    return { digest, listedBy: 'api' };
  }
  const entry = { mediaType, digest, size: bytes.length, annotations, artifactType };
  if (await addToReferrersTag(access, subject.digest, entry)) return { digest, listedBy: 'tag' };
  throw notListed(access, artifact, digest);
}

async function sendBlob(access: RepositoryAccess, bytes: Buffer): Promise<void> {
  const digest = digestOf('sha256', bytes);
  if (await hasBlob(access, digest)) return;
  await putBlob(access, digest, async ({ write, finish }) => {
    await write(bytes);
    await finish(digest);
  });
}

/** A registry may take a moment until its list has what it accepted. */
async function requireListed(
  access: RepositoryAccess,
  artifact: Artifact,
  digest: string,
): Promise<void> {
  const deadline = Date.now() + limits.readBackDeadlineMs;
  for (let waitMs = limits.publishRetryBaseMs; ; waitMs *= 2) {
    const { referrers } = await listReferrers(
      access,
      artifact.subject.digest,
      artifact.artifactType,
    );
    if (referrers.some((referrer) => referrer.digest === digest)) return;
    if (Date.now() + waitMs > deadline) throw notListed(access, artifact, digest);
    await pause(waitMs, access);
  }
}

function notListed(
  { host, repository }: RepositoryAccess,
  { subject }: Artifact,
  digest: string,
): TrustError {
  return new TrustError(
    'SIGNATURE_NOT_LISTED',
    `The signature ${digest} of ${host}/${repository}@${subject.digest} is not listed by the registry`,
    {
      remedy:
        'Run the step again: what is stored is not stored twice. If many runs sign the same image at the same time, let fewer do so.',
    },
  );
}
