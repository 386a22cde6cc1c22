/**
 * What a manifest refers to (OCI image specification, descriptors; Docker image manifest v2): other
 * manifests, or blobs. Parses only; the bytes were checked against their digest before.
 */
import { TrustError } from '../errors.js';
import { isRecord, parseJsonObject } from '../json.js';
import { isDigest } from './image-name.js';
import type { Manifest } from './manifests.js';
import { isIndexMediaType } from './media-types.js';

/** A piece of content by its digest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** Everything that has to be in a registry before the manifest is. */
interface ManifestContent {
  readonly manifests: readonly Descriptor[];
  /** Configuration and layers. */
  readonly blobs: readonly Descriptor[];
  /** Layers that are fetched from elsewhere and may not be handed on, as of Windows base images. */
  readonly foreign: readonly Descriptor[];
}

/** @throws {TrustError} REGISTRY_FAILED for what is no manifest with configuration and layers. */
export function contentOf(manifest: Manifest): ManifestContent {
  const content = parseJsonObject(manifest.bytes);
  if (isIndexMediaType(manifest.mediaType)) {
    const manifests = listOf(content?.manifests, manifest).map((entry) => read(entry, manifest));
    return { manifests, blobs: [], foreign: [] };
  }
  const layers = listOf(content?.layers, manifest);
  const isForeign = layers.map((layer) => isRecord(layer) && isForeignLayer(layer));
  const parsed = layers.map((layer) => read(layer, manifest));
  return {
    manifests: [],
    blobs: [read(content?.config, manifest), ...parsed.filter((_, index) => !isForeign[index])],
    foreign: parsed.filter((_, index) => isForeign[index]),
  };
}

/**
 * The images of an index, without what the builder says of them; none where it is no index.
 * @throws {TrustError} REGISTRY_FAILED for an entry that is no descriptor.
 */
export function platformManifests(manifest: Manifest): readonly Descriptor[] {
  if (!isIndexMediaType(manifest.mediaType)) return [];
  return imagesIn(parseJsonObject(manifest.bytes)).map((entry) => read(entry, manifest));
}

/** The entries of an index that are images. */
export function imagesIn(
  content: Readonly<Record<string, unknown>> | undefined,
): readonly Readonly<Record<string, unknown>>[] {
  return recordsIn(content?.manifests)?.filter((entry) => !isAttestation(entry)) ?? [];
}

/** The entries of a list, such as that of an index; undefined where `value` is no list. */
export function recordsIn(
  value: unknown,
): readonly Readonly<Record<string, unknown>>[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isRecord) : undefined;
}

/** What buildx adds to an index besides images (moby/buildkit, attestation storage). */
function isAttestation({ annotations }: Readonly<Record<string, unknown>>): boolean {
  return (
    isRecord(annotations) && annotations['vnd.docker.reference.type'] === 'attestation-manifest'
  );
}

/** As Docker decides it (moby distribution/push_v2.go): of such a type, and with an address. */
function isForeignLayer({ mediaType, urls }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof mediaType === 'string' &&
    /\.(?:foreign\.diff|layer\.nondistributable)\./.test(mediaType) &&
    Array.isArray(urls) &&
    urls.length > 0
  );
}

function listOf(value: unknown, manifest: Manifest): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw strange(manifest);
}

function read(value: unknown, manifest: Manifest): Descriptor {
  const descriptor = readDescriptor(value);
  if (descriptor) return descriptor;
  throw strange(manifest);
}

/** The descriptor in `value`; undefined where it is none. */
export function readDescriptor(value: unknown): Descriptor | undefined {
  if (!isRecord(value)) return undefined;
  const { mediaType, digest, size } = value;
  const isWhole =
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0;
  return isWhole ? { mediaType, digest, size } : undefined;
}

/** The annotations in `value`; none for what is not text. */
export function textsIn(value: unknown): Readonly<Record<string, string>> {
  const pairs = isRecord(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

function strange({ digest, mediaType }: Manifest): TrustError {
  return new TrustError('REGISTRY_FAILED', `${digest} (${mediaType}) does not list its parts`, {
    remedy: 'Push the image again with current tools.',
  });
}
