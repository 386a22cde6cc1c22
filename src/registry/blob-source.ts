/**
 * Reads a blob of any size, piece by piece, and vouches for its digest at the end. A connection that
 * breaks is taken up again where it broke. Nothing is kept in memory.
 */
import { createHash } from 'node:crypto';
import { isTrustError, TrustError } from '../errors.js';
import type { HttpResponse } from '../http/index.js';
import { retryDelayMs } from '../http/index.js';
import { limits } from '../limits.js';
import { requestBlob } from './blobs.js';
import type { Descriptor } from './content.js';
import { algorithmOf, digestMismatch } from './digest.js';
import { unexpectedResponse } from './error-mapping.js';
import { pause } from './pause.js';
import type { RepositoryAccess } from './types.js';

/**
 * Hands the blob to `take`, in order and each byte once.
 * @throws {TrustError} DIGEST_MISMATCH, after everything was handed over; MANIFEST_NOT_FOUND;
 * REGISTRY_UNREACHABLE, REGISTRY_FAILED, REGISTRY_LOGIN_REFUSED, INTERRUPTED; and what `take` throws.
 */
export async function streamBlob(
  from: RepositoryAccess,
  { digest, size }: Descriptor,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  let received = 0;
  let refusal: { readonly error: unknown } | undefined;
  const read = async (): Promise<void> => {
    const start = received;
    let position: number | undefined;
    const sink = async (chunk: Buffer, { status }: Pick<HttpResponse, 'status'>): Promise<void> => {
      // Whoever does not know ranges begins anew: what is known already is passed over.
      position ??= status === 206 ? start : 0;
      const fresh = chunk.subarray(Math.min(Math.max(received - position, 0), chunk.length));
      position += chunk.length;
      if (fresh.length === 0) return;
      hash.update(fresh);
      received += fresh.length;
      try {
        await take(fresh);
      } catch (error) {
        refusal = { error };
        throw error;
      }
    };
    const range = start === 0 ? {} : { Range: `bytes=${start}-` };
    const response = await requestBlob(from, digest, { maxBytes: size, headers: range, sink });
    if (response.status === 404) throw notThere(from, digest);
    if (response.status !== 200 && response.status !== 206) {
      throw unexpectedResponse(from.host, `GET of blob ${digest}`, response);
    }
  };
  for (let failures = 0; ;) {
    const before = received;
    try {
      await read();
      break;
    } catch (error) {
      if (refusal || !isTrustError(error, 'REGISTRY_UNREACHABLE')) throw error;
      failures = received > before ? 0 : failures + 1;
      if (failures > limits.httpRetries) throw error;
      await pause(retryDelayMs(failures), from);
    }
  }
  const actual = `${algorithm}:${hash.digest('hex')}`;
  if (actual === digest) return;
  throw digestMismatch(
    `The blob ${digest} of ${from.host}/${from.repository} has other bytes, with the digest ${actual}; it was not stored`,
  );
}

function notThere({ host, repository }: RepositoryAccess, digest: string): TrustError {
  return new TrustError(
    'MANIFEST_NOT_FOUND',
    `${host}/${repository} does not have the blob ${digest}, which its image needs`,
    { remedy: 'The image is incomplete. Push it again, sign it, and run the step again.' },
  );
}
