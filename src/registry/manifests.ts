/**
 * Manifests and tags of one registry (OCI distribution specification). What a digest names is
 * believed only after hashing the bytes; a HEAD or a header alone proves nothing.
 */
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { digestOf, requireDigest } from './digest.js';
import { unexpectedResponse } from './error-mapping.js';
import { isDigest, parseRepository } from './image-name.js';
import { bareMediaType, manifestMediaTypes } from './media-types.js';
import { sendToRepository } from './send.js';
import { listTags } from './tag-list.js';
import type { RegistryClientOptions, RepositoryAccess } from './types.js';

/** A manifest or index, with the digest of exactly these bytes. */
export interface Manifest {
  /** `sha256:<64 hex>`, computed from {@link bytes}. */
  readonly digest: string;
  /** Length of {@link bytes}: the length a TUF target states. */
  readonly length: number;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** The part of a registry this product uses. */
export interface RegistryClient {
  /** The manifest of a tag or digest, or undefined when the registry has none. */
  readonly getManifest: (repository: string, reference: string) => Promise<Manifest | undefined>;
  /** Stores `bytes` under a tag or their own digest; returns the digest. */
  readonly putManifest: (
    repository: string,
    reference: string,
    bytes: Uint8Array,
    mediaType: string,
  ) => Promise<string>;
  /** All tags, in the registry's order; undefined when there is no such repository. */
  readonly listTags: (repository: string) => Promise<readonly string[] | undefined>;
}

/**
 * Creates the client of one registry. Its methods throw TrustError REGISTRY_UNREACHABLE,
 * REGISTRY_FAILED, REGISTRY_LOGIN_REFUSED (reading), PUSH_NOT_AUTHORIZED and PUSH_FAILED (writing)
 * and DIGEST_MISMATCH.
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  return {
    getManifest: (repository, reference) => getManifest({ ...options, repository }, reference),
    putManifest: async (repository, reference, bytes, mediaType) => {
      await sendManifest({ ...options, repository }, reference, bytes, mediaType);
      return digestOf('sha256', bytes);
    },
    listTags: (repository) => listTags({ ...options, repository }),
  };
}

/** As of {@link RegistryClient}, of one of `mediaTypes`. */
export async function getManifest(
  access: RepositoryAccess,
  reference: string,
  mediaTypes: readonly string[] = manifestMediaTypes,
): Promise<Manifest | undefined> {
  const { host, repository } = access;
  const request = {
    method: 'GET',
    url: manifestUrl(access, reference),
    headers: { Accept: mediaTypes.join(', ') },
    maxBytes: limits.manifestBytes,
  } as const;
  const response = await sendToRepository(access, { action: 'pull' }, request);
  if (response.status === 404) return undefined;
  const mediaType = bareMediaType(response.header('content-type'));
  const isManifest = mediaTypes.includes(mediaType);
  if (response.status !== 200 || !isManifest) {
    throw unexpectedResponse(
      host,
      `GET of manifest ${nameOf(repository, reference)} (type ${JSON.stringify(mediaType)})`,
      response,
    );
  }
  const digest = digestOf('sha256', response.body);
  const expected = [...(isDigest(reference) ? [reference] : []), ...statedDigest(response)];
  expectDigests(access, response.body, expected);
  return { digest, length: response.body.length, mediaType, bytes: response.body };
}

const nameOf = (repository: string, reference: string): string =>
  `${repository}${isDigest(reference) ? '@' : ':'}${reference}`;

/** Stores a manifest; the answer's headers say what the registry did besides. */
export async function sendManifest(
  access: RepositoryAccess,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
  /** Storing the same bytes under the same name twice is the same as once, if nobody else does. */
  bounds: Pick<HttpRequest, 'retry' | 'timeoutMs'> = { retry: true },
): Promise<HttpResponse> {
  expectDigests(access, bytes, isDigest(reference) ? [reference] : []);
  const name = nameOf(access.repository, reference);
  const request = {
    method: 'PUT',
    url: manifestUrl(access, reference),
    headers: { 'Content-Type': mediaType },
    body: bytes,
    ...bounds,
    maxBytes: limits.errorBodyBytes,
  } as const;
  const response = await sendToRepository(access, { action: 'push', name }, request);
  if (response.status < 200 || response.status > 202) {
    throw unexpectedResponse(access.host, `PUT of manifest ${name}`, response);
  }
  expectDigests(access, bytes, statedDigest(response));
  return response;
}

export function manifestUrl({ host, repository }: RepositoryAccess, reference: string): string {
  const name = parseRepository(repository);
  return `https://${host}/v2/${name}/manifests/${encodeURIComponent(reference)}`;
}

export function statedDigest(response: HttpResponse): readonly string[] {
  const stated = response.header('docker-content-digest');
  return stated === undefined ? [] : [stated];
}

function expectDigests(
  { host, repository }: RepositoryAccess,
  bytes: Uint8Array,
  expected: readonly string[],
): void {
  for (const digest of expected) {
    requireDigest(
      bytes,
      digest,
      (actual) =>
        `The manifest of ${host}/${repository} should be ${digest}, but its bytes are ${actual}`,
    );
  }
}
