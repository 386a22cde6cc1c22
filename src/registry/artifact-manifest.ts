/**
 * Manifests of artifacts in the three forms that are in use: an image manifest whose configuration
 * names the type, one with a field for the type, and the artifact manifest of early drafts.
 */
import { isRecord, parseJsonObject } from '../json.js';
import { readDescriptor, textsIn, type Descriptor } from './content.js';
import { getManifest, type Manifest } from './manifests.js';
import type { RepositoryAccess } from './types.js';

/** What is known of an artifact before its content is fetched. */
export interface ArtifactManifest {
  readonly digest: string;
  readonly artifactType: string | undefined;
  /** What it says it is attached to. */
  readonly subject: Descriptor | undefined;
  /** The earliest form has none. */
  readonly configuration: Descriptor | undefined;
  /** Layers, or blobs as the earliest form calls them. */
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly manifest: Manifest;
}

const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
const artifactManifest = 'application/vnd.oci.artifact.manifest.v1+json';

/**
 * The manifest of an artifact; undefined where the registry has none, or where it is not one of the
 * three forms: such an artifact is nobody's signature, and does not hide another.
 * @throws {TrustError} REGISTRY_FAILED, REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, DIGEST_MISMATCH
 */
export async function readArtifactManifest(
  access: RepositoryAccess,
  digest: string,
): Promise<ArtifactManifest | undefined> {
  const forms = [imageManifest, artifactManifest];
  const manifest = await getManifest(access, digest, forms);
  const content = manifest && parseJsonObject(manifest.bytes);
  if (!content) return undefined;
  const { config, artifactType, subject, layers, blobs, annotations } = content;
  const types = [artifactType, isRecord(config) ? config.mediaType : undefined];
  const listed = manifest.mediaType === artifactManifest ? blobs : layers;
  const descriptors = Array.isArray(listed) ? listed.map(readDescriptor) : [undefined];
  const known = descriptors.filter((one) => one !== undefined);
  if (known.length !== descriptors.length) return undefined;
  return {
    digest,
    artifactType: types.find((type) => typeof type === 'string' && type !== '') as
      string | undefined,
    subject: readDescriptor(subject),
    configuration: readDescriptor(config),
    layers: known,
    annotations: textsIn(annotations),
    manifest,
  };
}
