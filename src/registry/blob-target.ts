/**
 * Puts blobs into a repository (OCI distribution specification, pushing blobs): mounted from another
 * repository of the same registry, or sent in pieces. A piece is sent again only after the registry
 * has said how far it got, so that nothing stands in a blob twice.
 */
import { isTrustError, TrustError } from '../errors.js';
import { isTransientStatus, retryDelayMs, statedWaitMs } from '../http/index.js';
import type { HttpRequest, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import { requestBlob } from './blobs.js';
import { digestMismatch } from './digest.js';
import { errorDetail, unexpectedResponse } from './error-mapping.js';
import { parseDigest, parseRepository } from './image-name.js';
import { pause } from './pause.js';
import { sendToRepository } from './send.js';
import type { RepositoryAccess } from './types.js';

/** A blob on its way into a repository. Nothing can be read of it before it is finished. */
export interface BlobUpload {
  /** Sends the next bytes; they may be overwritten once the promise has settled. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Ends the upload, with the last bytes where there are any left; the registry compares the digest. */
  readonly finish: (digest: string, last?: Uint8Array) => Promise<void>;
}

/**
 * Whether the repository has the blob, as its registry says. Whatever is no clear yes is a no: a
 * blob that was there can be sent once more, one that is missing makes its manifest impossible.
 * @throws {TrustError} REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, INTERRUPTED
 */
export async function hasBlob(to: RepositoryAccess, digest: string): Promise<boolean> {
  const maxBytes = limits.errorBodyBytes;
  return (await requestBlob(to, digest, { method: 'HEAD', maxBytes })).status === 200;
}

/** How a blob came to be in a repository. */
export type BlobArrival = 'sent' | 'mounted' | 'there';

/**
 * Puts a blob into a repository, from the beginning again where that fails: the answer may be all
 * that was lost, or another run has brought the blob in the meantime.
 * @param send writes the bytes and finishes the upload.
 * @throws {TrustError} as {@link beginBlob}; what `send` throws.
 */
export async function putBlob(
  to: RepositoryAccess,
  digest: string,
  send: (upload: BlobUpload) => Promise<void>,
  mountFrom?: string,
): Promise<BlobArrival> {
  for (let failures = 0; ;) {
    try {
      const upload = await beginBlob(to, digest, mountFrom);
      if (!upload) return 'mounted';
      await send(upload);
      return 'sent';
    } catch (error) {
      if (!isTrustError(error, 'REGISTRY_UNREACHABLE', 'REGISTRY_FAILED')) throw error;
      failures += 1;
      if (failures >= limits.blobTries) throw error;
      await pause(retryDelayMs(failures), to);
      if (await hasBlob(to, digest)) return 'there';
    }
  }
}

/**
 * Begins to upload a blob, or has the registry take it over from its repository `mountFrom`.
 * @returns undefined when the registry took it over: the repository has it.
 * @throws {TrustError} PUSH_NOT_AUTHORIZED, PUSH_FAILED (locked), REGISTRY_FAILED,
 * REGISTRY_UNREACHABLE, INTERRUPTED; also from the methods of the upload, which add DIGEST_MISMATCH.
 */
async function beginBlob(
  to: RepositoryAccess,
  digest: string,
  mountFrom?: string,
): Promise<BlobUpload | undefined> {
  const url = new URL(`https://${to.host}/v2/${parseRepository(to.repository)}/blobs/uploads/`);
  if (mountFrom !== undefined) {
    url.searchParams.set('mount', parseDigest(digest));
    url.searchParams.set('from', parseRepository(mountFrom));
  }
  // An upload that was begun twice is an upload that nobody finishes; the registry forgets it.
  const response = await send(to, { method: 'POST', url: url.href, retry: true }, mountFrom);
  requireAccepted(to, 'the start of an upload', response);
  if (response.status === 201 && mountFrom !== undefined) return undefined;
  return uploadTo(to, nextUrl(to, response, url));
}

function uploadTo(to: RepositoryAccess, first: URL): BlobUpload {
  let url = first;
  let offset = 0;
  /** Asks how many bytes the registry has. */
  const askPosition = async (): Promise<number> => {
    const response = await send(to, { method: 'GET', url: url.href });
    requireAccepted(to, 'the request for the state of an upload', response);
    url = nextUrl(to, response, url);
    const stated = statedEnd(response);
    // "0-0" is also how a registry says that it has nothing yet.
    return stated === undefined || stated === 1 ? 0 : stated;
  };
  const patch = async (bytes: Uint8Array, start: number): Promise<void> => {
    const end = start + bytes.length;
    const response = await send(to, {
      method: 'PATCH',
      url: url.href,
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Range': `${start}-${end - 1}`,
      },
      body: bytes,
      timeoutMs: limits.blobChunkTimeoutMs,
    });
    if (isTransientStatus(response.status)) throw new Unsettled(to, response);
    requireAccepted(to, 'a piece of an upload', response);
    url = nextUrl(to, response, url);
    if ((statedEnd(response) ?? end) !== end) throw new Unsettled(to, response);
  };
  return {
    write: async (chunk) => {
      let sent = 0;
      for (let failures = 0; sent < chunk.length;) {
        try {
          await patch(chunk.subarray(sent), offset + sent);
          sent = chunk.length;
        } catch (error) {
          const isOpen = error instanceof Unsettled || isTrustError(error, 'REGISTRY_UNREACHABLE');
          if (!isOpen || failures >= limits.httpRetries) throw reasonOf(error);
          const waitMs = retryDelayMs(failures, statedWaitOf(error));
          if (waitMs > limits.httpTimeoutMs) throw reasonOf(error);
          await pause(waitMs, to);
          failures += 1;
          const position = await askPosition();
          if (position < offset || position > offset + chunk.length) throw lost(to);
          sent = position - offset;
        }
      }
      offset += chunk.length;
    },
    finish: async (digest, last) => {
      const end = new URL(url);
      end.searchParams.set('digest', parseDigest(digest));
      // Not repeated: a second one finds no upload. Whether it arrived, the blob itself will tell.
      const response = await send(to, {
        method: 'PUT',
        url: end.href,
        ...(last && { body: last, headers: { 'Content-Type': 'application/octet-stream' } }),
      });
      if (response.status === 400 && errorDetail(response).startsWith('DIGEST_INVALID')) {
        throw digestMismatch(
          `${to.host}/${to.repository} received bytes that do not match the blob ${digest}, and rejected them`,
        );
      }
      requireAccepted(to, 'the end of an upload', response);
    },
  };
}

/** An answer that leaves open how much of a piece has arrived. */
class Unsettled extends Error {
  readonly reason: TrustError;

  constructor(
    { host }: RepositoryAccess,
    readonly response: HttpResponse,
  ) {
    super('it is not known what has arrived');
    this.reason = unexpectedResponse(host, 'a piece of an upload', response);
  }
}

function reasonOf(error: unknown): unknown {
  return error instanceof Unsettled ? error.reason : error;
}

function statedWaitOf(error: unknown): number | undefined {
  return error instanceof Unsettled ? statedWaitMs(error.response) : undefined;
}

/** A mount takes the right to read where the blob comes from, in the same token. */
function send(
  to: RepositoryAccess,
  request: Omit<HttpRequest, 'maxBytes'>,
  mountFrom?: string,
): Promise<HttpResponse> {
  const maxBytes = limits.errorBodyBytes;
  return sendToRepository(to, { action: 'push', mountFrom }, { ...request, maxBytes });
}

function requireAccepted(
  { host, repository }: RepositoryAccess,
  what: string,
  response: HttpResponse,
): void {
  if (response.status >= 200 && response.status <= 204) return;
  throw unexpectedResponse(host, `${what} to ${repository}`, response);
}

/** Where the next request of an upload goes: every answer may name another place. */
function nextUrl({ host }: RepositoryAccess, response: HttpResponse, current: URL): URL {
  const location = response.header('location');
  if (location === undefined) return current;
  const next = URL.canParse(location, current.href) ? new URL(location, current) : undefined;
  if (next?.origin === current.origin) return next;
  throw new TrustError(
    'REGISTRY_FAILED',
    `Registry ${host} asks to send a blob to ${next?.origin ?? 'something that is not a URL'}; nothing was sent there`,
    { remedy: `Check that ${host} is the registry you mean and that no proxy answers for it.` },
  );
}

/** How many bytes a registry says it has: `Range: 0-<last>`. */
function statedEnd(response: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(response.header('range') ?? '')?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}

function lost({ host, repository }: RepositoryAccess): TrustError {
  return new TrustError('REGISTRY_FAILED', `Registry ${host} lost an upload to ${repository}`, {
    remedy: 'Run the step again: what has arrived is not sent again.',
  });
}
