/**
 * Carries out a plan to copy an image: blobs first, then the manifests that need them, the one on
 * top last and by its digest. No tag is touched. Whatever has arrived stays, so a copy that was
 * broken off goes on where it was.
 */
import { mapConcurrent } from '../concurrency.js';
import { limits } from '../limits.js';
import { streamBlob } from './blob-source.js';
import { putBlob, type BlobArrival, type BlobUpload } from './blob-target.js';
import type { Descriptor } from './content.js';
import type { CopyPlan } from './copy-plan.js';
import { createRegistryClient } from './manifests.js';
import type { RepositoryAccess } from './types.js';

/** What was done. */
export interface CopyResult {
  readonly manifests: number;
  readonly blobs: ReadonlyMap<string, BlobArrival>;
  /** Bytes that went from the source to the target by way of this machine. */
  readonly bytesSent: number;
}

/**
 * Copies what `plan` says, of `from` to `to`.
 * @param tell is told of each blob that has arrived.
 * @throws {TrustError} PUSH_NOT_AUTHORIZED, PUSH_FAILED (locked), DIGEST_MISMATCH,
 * MANIFEST_NOT_FOUND, REGISTRY_FAILED, REGISTRY_UNREACHABLE, REGISTRY_LOGIN_REFUSED, INTERRUPTED
 */
export async function copyImage(
  from: RepositoryAccess,
  to: RepositoryAccess,
  { blobs, manifests }: CopyPlan,
  tell: (blob: Descriptor, arrival: BlobArrival) => void = () => undefined,
): Promise<CopyResult> {
  const arrivals = await untilOneFails([from, to], ([source, target]) =>
    mapConcurrent(blobs, limits.concurrentBlobs, async (blob) => {
      const arrival = await copyBlob(source, target, blob);
      tell(blob, arrival);
      return [blob, arrival] as const;
    }),
  );
  const { putManifest } = createRegistryClient(to);
  for (const { reference, bytes, mediaType } of manifests) {
    await putManifest(to.repository, reference, bytes, mediaType);
  }
  const sent = arrivals.filter(([, arrival]) => arrival === 'sent');
  return {
    manifests: manifests.length,
    blobs: new Map(arrivals.map(([{ digest }, arrival]) => [digest, arrival])),
    bytesSent: sent.reduce((sum, [{ size }]) => sum + size, 0),
  };
}

/** Runs `body`, whose requests all end when it fails: others may be in the middle of gigabytes. */
async function untilOneFails<T>(
  [from, to]: readonly [RepositoryAccess, RepositoryAccess],
  body: (ends: readonly [RepositoryAccess, RepositoryAccess]) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const stoppable = (end: RepositoryAccess): RepositoryAccess => ({
    ...end,
    signal: end.signal ? AbortSignal.any([end.signal, stop.signal]) : stop.signal,
  });
  try {
    return await body([stoppable(from), stoppable(to)]);
  } catch (error) {
    stop.abort();
    throw error;
  }
}

async function copyBlob(
  from: RepositoryAccess,
  to: RepositoryAccess,
  blob: Descriptor,
): Promise<BlobArrival> {
  const mountFrom = from.host === to.host ? from.repository : undefined;
  return putBlob(to, blob.digest, (upload) => sendBlob(from, blob, upload), mountFrom);
}

/** Sends the blob in pieces of one size, whatever it comes in. */
async function sendBlob(
  from: RepositoryAccess,
  blob: Descriptor,
  { write, finish }: BlobUpload,
): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(limits.blobChunkBytes, blob.size));
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (filled > 0) await write(piece.subarray(0, filled));
    filled = 0;
  };
  await streamBlob(from, blob, async (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(piece, filled, at);
      filled += copied;
      at += copied;
      if (filled === piece.length) await flush();
    }
  });
  await flush();
  await finish(blob.digest);
}
