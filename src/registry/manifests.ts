/**
 * Manifests and tags of one registry (OCI distribution specification). What a digest names is
 * believed only after hashing the bytes; a HEAD or a header alone proves nothing.
 */
import { createHash } from 'node:crypto';

import { TrustError } from '../errors.js';
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { bearer } from './credential.js';
import {
  accessRefused,
  isLocked,
  sendToRegistry,
  tagLocked,
  unexpectedResponse,
} from './error-mapping.js';
import { isDigest, parseRepository } from './image-name.js';
import { bareMediaType, manifestMediaTypes } from './media-types.js';
import { listTags } from './tag-list.js';
import type { RegistryClientOptions } from './types.js';

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
    getManifest: (repository, reference) => getManifest(options, repository, reference),
    putManifest: (repository, reference, bytes, mediaType) =>
      putManifest(options, repository, reference, bytes, mediaType),
    listTags: (repository) => listTags(options, repository),
  };
}

/** As of {@link RegistryClient}, of one of `mediaTypes`. */
export async function getManifest(
  { host, http, token }: RegistryClientOptions,
  repository: string,
  reference: string,
  mediaTypes: readonly string[] = manifestMediaTypes,
): Promise<Manifest | undefined> {
  const response = await sendToRegistry(http, host, {
    method: 'GET',
    url: manifestUrl(host, repository, reference),
    headers: {
      Accept: mediaTypes.join(', '),
      ...bearer(await token(`repository:${repository}:pull`)),
    },
    maxBytes: limits.manifestBytes,
  });
  if (response.status === 404) {
    return undefined;
  }
  if (response.status === 401 || response.status === 403) {
    throw accessRefused('pull', host, repository, response);
  }
  const mediaType = bareMediaType(response.header('content-type'));
  const isManifest = mediaTypes.includes(mediaType);
  if (response.status !== 200 || !isManifest) {
    throw unexpectedResponse(
      host,
      `GET of manifest ${repository}:${reference} (type ${JSON.stringify(mediaType)})`,
      response,
    );
  }
  const digest = digestOf('sha256', response.body);
  const expected = [...(isDigest(reference) ? [reference] : []), ...statedDigest(response)];
  expectDigest(host, repository, response.body, expected);
  return { digest, length: response.body.length, mediaType, bytes: response.body };
}

async function putManifest(
  options: RegistryClientOptions,
  repository: string,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
): Promise<string> {
  await sendManifest(options, repository, reference, bytes, mediaType);
  return digestOf('sha256', bytes);
}

/** Stores a manifest; the answer's headers say what the registry did besides. */
export async function sendManifest(
  { host, http, token }: RegistryClientOptions,
  repository: string,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
  /** Storing the same bytes under the same name twice is the same as once, if nobody else does. */
  bounds: Pick<HttpRequest, 'retry' | 'timeoutMs'> = { retry: true },
): Promise<HttpResponse> {
  expectDigest(host, repository, bytes, isDigest(reference) ? [reference] : []);
  const response = await sendToRegistry(http, host, {
    method: 'PUT',
    url: manifestUrl(host, repository, reference),
    headers: {
      'Content-Type': mediaType,
      ...bearer(await token(`repository:${repository}:pull,push`)),
    },
    body: bytes,
    ...bounds,
    maxBytes: limits.errorBodyBytes,
  });
  if (isLocked(response)) throw tagLocked(host, `${repository}:${reference}`, response);
  if (response.status === 401 || response.status === 403) {
    throw accessRefused('push', host, repository, response);
  }
  if (response.status < 200 || response.status > 202) {
    throw unexpectedResponse(host, `PUT of manifest ${repository}:${reference}`, response);
  }
  expectDigest(host, repository, bytes, statedDigest(response));
  return response;
}

export function manifestUrl(host: string, repository: string, reference: string): string {
  const name = parseRepository(repository);
  return `https://${host}/v2/${name}/manifests/${encodeURIComponent(reference)}`;
}

export function statedDigest(response: HttpResponse): readonly string[] {
  const stated = response.header('docker-content-digest');
  return stated === undefined ? [] : [stated];
}

function expectDigest(
  host: string,
  repository: string,
  bytes: Uint8Array,
  expected: readonly string[],
): void {
  for (const digest of expected) {
    const actual = digestOf(digest.startsWith('sha512:') ? 'sha512' : 'sha256', bytes);
    if (actual !== digest) {
      throw new TrustError(
        'DIGEST_MISMATCH',
        `The manifest of ${host}/${repository} should be ${digest}, but its bytes are ${actual}`,
        {
          remedy:
            'Something between this machine and the registry changed the bytes. Check proxies ' +
            'and the registry before you trust this image.',
        },
      );
    }
  }
}

/** Such as `sha256:` and 64 hex digits. */
export function digestOf(algorithm: 'sha256' | 'sha512', bytes: Uint8Array): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
