/**
 * Attaches an artifact to an image (OCI distribution specification 1.1, "Pushing Manifests with
 * Subject"): its blobs, its manifest by its digest and without a tag, and an entry in the list of
 * the image's artifacts where the registry does not keep that itself. Done means: listed.
 */
import { TrustError } from '../errors.js';
import { limits } from '../limits.js';
import { hasBlob, putBlob } from './blob-target.js';
import type { Descriptor } from './content.js';
import { digestOf } from './digest.js';
import { sendManifest } from './manifests.js';
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
  readonly blobs: readonly [configuration: Buffer, ...layers: Buffer[]];
}

/** Where an artifact is, and who lists it. */
export interface AttachedArtifact {
  readonly digest: string;
  readonly listedBy: 'api' | 'tag';
}

/** What is known of a repository, and need not be asked again: kept by whoever attaches many artifacts. */
export interface KnownOfRepository {
  /** Who listed artifacts when the list was last read. */
  listedBy?: AttachedArtifact['listedBy'];
  /** Configurations that are there, or on their way: artifacts of one kind have the same. */
  readonly configurations: Map<string, Promise<void>>;
}

/**
 * Requests: 2 for each layer, 1 for the manifest, 1 for the list (under a tag 3: read, written, read
 * again). Besides, once a repository: 1 for the configuration (3 where it is missing), and 1 for the API
 * where neither the registry nor `known` says whether there is one.
 * @throws {TrustError} SIGNATURE_NOT_LISTED, PUSH_NOT_AUTHORIZED, PUSH_FAILED (locked), DIGEST_MISMATCH,
 * REGISTRY_FAILED, REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, INTERRUPTED
 */
export async function attachArtifact(
  access: RepositoryAccess,
  artifact: Artifact,
  known: KnownOfRepository = { configurations: new Map() },
): Promise<AttachedArtifact> {
  const { subject, manifest, artifactType, annotations } = artifact;
  const [configuration, ...layers] = artifact.blobs;
  await Promise.all([
    sendConfiguration(access, configuration, known),
    ...layers.map((bytes) => sendBlob(access, bytes)),
  ]);
  const digest = digestOf('sha256', manifest.bytes);
  const { mediaType, bytes } = manifest;
  const response = await sendManifest(access, digest, bytes, mediaType);
  // A registry that lists the artifact says so. One that does not may have the API nevertheless.
  if (response.header('oci-subject') === subject.digest) known.listedBy = 'api';
  known.listedBy ??= (await hasReferrersApi(access)) ? 'api' : 'tag';
  if (known.listedBy === 'api') {
    await requireListed(access, artifact, digest);
    return { digest, listedBy: 'api' };
  }
  const entry = { mediaType, digest, size: bytes.length, annotations, artifactType };
  if (await addToReferrersTag(access, subject.digest, entry)) return { digest, listedBy: 'tag' };
  throw notListed(access, artifact, digest);
}

async function sendConfiguration(
  access: RepositoryAccess,
  bytes: Buffer,
  { configurations }: KnownOfRepository,
): Promise<void> {
  const digest = digestOf('sha256', bytes);
  const sending =
    configurations.get(digest) ??
    hasBlob(access, digest).then((isThere) => (isThere ? undefined : sendBlob(access, bytes)));
  configurations.set(digest, sending);
  try {
    await sending;
  } catch (error) {
    configurations.delete(digest);
    throw error;
  }
}

async function sendBlob(access: RepositoryAccess, bytes: Buffer): Promise<void> {
  const digest = digestOf('sha256', bytes);
  await putBlob(access, digest, ({ finish }) => finish(digest, bytes));
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
