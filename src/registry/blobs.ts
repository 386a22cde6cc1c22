/**
 * Blobs of one registry (OCI distribution specification). Registries hand them out themselves or
 * send us to their storage, which gets no credential of ours; the hash decides in either case.
 */
import { createHash } from 'node:crypto';
import { TrustError } from '../errors.js';
import type { HttpResponse } from '../http/index.js';
import { bearer } from './credential.js';
import { sendToRegistry, unexpectedAnswer } from './failures.js';
import { parseDigest, parseRepository } from './image-name.js';
import { accessRefused } from './refusals.js';
import type { RegistryClientOptions } from './types.js';

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
export function createBlobReader({ host, http, token }: RegistryClientOptions): ReadBlob {
  return async (repository, digest, maxBytes) => {
    const name = parseRepository(repository);
    const url = `https://${host}/v2/${name}/blobs/${parseDigest(digest)}`;
    const response = await sendToRegistry(http, host, {
      method: 'GET',
      url,
      headers: bearer(await token(`repository:${name}:pull`)),
      maxBytes,
    });
    if (response.status === 404) return undefined;
    if (response.status === 401 || response.status === 403) {
      throw accessRefused('pull', host, name, response);
    }
    const storage = storageOf(response, url);
    const stored =
      storage === undefined
        ? response
        : await sendToRegistry(http, host, { method: 'GET', url: storage, maxBytes });
    if (stored.status !== 200) throw unexpectedAnswer(host, `GET of blob ${digest}`, stored);
    requireDigest(stored.body, digest, `${host}/${name}`);
    return stored.body;
  };
}

/** Where a redirect leads that the HTTP client does not follow by itself: to another host. */
function storageOf(response: HttpResponse, from: string): string | undefined {
  const location = response.header('location');
  const isRedirect = [301, 302, 303, 307, 308].includes(response.status);
  return isRedirect && location !== undefined && URL.canParse(location, from)
    ? new URL(location, from).href
    : undefined;
}

function requireDigest(bytes: Buffer, digest: string, where: string): void {
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  const actual = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  if (actual === digest) return;
  throw new TrustError(
    'DIGEST_MISMATCH',
    `The blob ${digest} of ${where} has other bytes, which are ${actual}`,
    {
      remedy:
        'Something between this machine and the registry changed the bytes. Check proxies and ' +
        'the registry before you trust this image.',
    },
  );
}
