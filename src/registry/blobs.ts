/**
 * Blobs of one registry (OCI distribution specification). Registries hand them out themselves or
 * send us to their storage, which gets no credential of ours; the hash decides in either case.
 */
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { requireDigest } from './digest.js';
import { sendToRegistry, unexpectedResponse } from './error-mapping.js';
import { parseDigest, parseRepository } from './image-name.js';
import { sendToRepository } from './send.js';
import type { RegistryClientOptions, RepositoryAccess } from './types.js';

/** Reads a blob that is not longer than `maxBytes`; undefined when the registry has none such. */
export type ReadBlob = (
  repository: string,
  digest: string,
  maxBytes: number,
) => Promise<Buffer | undefined>;

/**
 * Creates the reader of one registry's blobs.
 * @throws {TrustError} (the reader) REGISTRY_UNREACHABLE, REGISTRY_FAILED, REGISTRY_LOGIN_REFUSED,
 * DIGEST_MISMATCH, INPUT_INVALID for what is no digest
 */
export function createBlobReader(options: RegistryClientOptions): ReadBlob {
  return async (repository, digest, maxBytes) => {
    const { host } = options;
    // What a registry says of a blob that it does not have may be longer than the blob.
    const response = await requestBlob({ ...options, repository }, digest, {
      maxBytes: Math.max(maxBytes, limits.errorBodyBytes),
    });
    if (response.status === 404) return undefined;
    if (response.status !== 200 || response.body.length > maxBytes)
      throw unexpectedResponse(host, `GET of blob ${digest}`, response);
    requireDigest(
      response.body,
      digest,
      (actual) =>
        `The blob ${digest} of ${host}/${repository} has other bytes, with the digest ${actual}`,
    );
    return response.body;
  };
}

/** How a blob is asked for; `method` is GET by default. */
type BlobRequest = Pick<HttpRequest, 'maxBytes' | 'headers' | 'sink'> & {
  readonly method?: 'GET' | 'HEAD';
};

/**
 * The answer to a request for a blob, whoever gives it: the registry, or its storage.
 * @throws {TrustError} REGISTRY_UNREACHABLE, REGISTRY_FAILED, REGISTRY_LOGIN_REFUSED, INPUT_INVALID,
 * INTERRUPTED
 */
export async function requestBlob(
  access: RepositoryAccess,
  digest: string,
  { method = 'GET', ...request }: BlobRequest,
): Promise<HttpResponse> {
  const { host, http, signal } = access;
  const url = `https://${host}/v2/${parseRepository(access.repository)}/blobs/${parseDigest(digest)}`;
  const common = { ...request, method, ...(signal && { signal }) };
  const response = await sendToRepository(access, { action: 'pull' }, { ...common, url });
  const storage = storageOf(response, url);
  if (storage === undefined) return response;
  const stored = await sendToRegistry(http, host, { ...common, url: storage });
  if (method === 'HEAD' || stored.status !== 404) return stored;
  // The registry knows the blob; that its storage does not is no answer to the question.
  throw unexpectedResponse(host, `${method} of blob ${digest} from its storage`, stored);
}

/** Where a redirect leads that the HTTP client does not follow by itself: to another host. */
function storageOf(response: HttpResponse, from: string): string | undefined {
  const location = response.header('location');
  const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
  return isRedirect && location !== undefined && URL.canParse(location, from)
    ? new URL(location, from).href
    : undefined;
}
