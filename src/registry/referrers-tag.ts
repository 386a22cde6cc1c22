/**
 * The list of an image's artifacts where the registry has no referrers API (OCI distribution
 * specification 1.1, "Referrers Tag Schema"): an index under a tag, which every client rewrites as a
 * whole. Nobody can lock it, so whoever writes looks again, until nothing it has seen is missing.
 */
import { isTrustError, TrustError } from '../errors.js';
import { parseJsonObject } from '../json.js';
import { limits } from '../limits.js';
import { recordsIn } from './content.js';
import { getManifest, sendManifest } from './manifests.js';
import { manifestMediaTypes } from './media-types.js';
import { pause } from './pause.js';
import type { RepositoryAccess } from './types.js';

/** A descriptor as it stands in an index, with whatever other clients wrote into it. */
export type IndexEntry = Readonly<Record<string, unknown>>;

/** What the tag holds. */
interface ReferrersIndex {
  readonly entries: readonly IndexEntry[];
  /** Members of the index besides; empty where there is none. */
  readonly document: Readonly<Record<string, unknown>>;
}

const [indexMediaType] = manifestMediaTypes;

/** The tag of an image's artifacts: no longer than a tag may be, whatever the digest. */
function referrersTagOf(digest: string): string {
  const [algorithm = '', encoded = ''] = digest.split(':');
  return `${algorithm.slice(0, 32)}-${encoded.slice(0, 64)}`.replace(/[^\w.-]/g, '-');
}

/**
 * The entries that the tag lists; none where there is no such tag.
 * @throws {TrustError} REGISTRY_FAILED for a tag that holds something else
 */
export async function readReferrersTag(
  access: RepositoryAccess,
  digest: string,
): Promise<ReferrersIndex> {
  const { host, repository } = access;
  const tag = referrersTagOf(digest);
  const manifest = await getManifest(access, tag);
  if (!manifest) return { entries: [], document: {} };
  const document = parseJsonObject(manifest.bytes) ?? {};
  const entries = recordsIn(document.manifests);
  if (manifest.mediaType === indexMediaType && entries) return { entries, document };
  throw new TrustError(
    'REGISTRY_FAILED',
    `The tag ${host}/${repository}:${tag} is not the list of what is attached to ${digest}`,
    {
      remedy:
        'A tag of this form is kept for that list. Delete it, or push what it holds under another tag.',
    },
  );
}

/** Writers of one list in this process, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Adds `entry` to the list, and makes sure that it stays there: of two writers that read the same
 * list, the second undoes what the first wrote. Entries that this run has seen and that are missing
 * afterwards are written again as well, so of many writers nobody loses anything.
 * @returns whether it was listed when this run looked for the last time.
 */
export async function addToReferrersTag(
  access: RepositoryAccess,
  digest: string,
  entry: IndexEntry,
): Promise<boolean> {
  const key = `${access.host}/${access.repository}@${digest}`;
  const before = queues.get(key) ?? Promise.resolve();
  const work = before.then(
    () => addUntilSettled(access, digest, entry),
    () => addUntilSettled(access, digest, entry),
  );
  queues.set(key, work);
  try {
    return await work;
  } finally {
    if (queues.get(key) === work) queues.delete(key);
  }
}

async function addUntilSettled(
  access: RepositoryAccess,
  digest: string,
  entry: IndexEntry,
): Promise<boolean> {
  const seen = new Map<unknown, IndexEntry>();
  const deadline = Date.now() + limits.referrersDeadlineMs;
  for (let failures = 0; ;) {
    const started = Date.now();
    const { entries, document } = await readReferrersTag(access, digest);
    for (const one of entries) seen.set(one.digest, one);
    if (!seen.has(entry.digest)) seen.set(entry.digest, entry);
    const listed = new Set(entries.map((one) => one.digest));
    // Whole before anything was written means: a run before this one has settled it.
    if ([...seen.keys()].every((one) => listed.has(one))) return true;
    if (Date.now() > deadline) return listed.has(entry.digest);
    const failure = await write(access, digest, { document, entries: [...seen.values()] });
    failures = failure ? failures + 1 : 0;
    if (failure && failures >= limits.blobTries) throw failure;
    // Longer than a writer takes between reading and writing, and not the same for two of them.
    const settleMs = limits.referrersSettleMs + 2 * (Date.now() - started);
    await pause(settleMs * (0.5 + Math.random()), access);
  }
}

/**
 * Writes the list, once: a second try would carry what was read before the first, and undo what
 * others wrote since. What has become of a failed write is seen at the next look.
 */
async function write(
  access: RepositoryAccess,
  digest: string,
  { document, entries }: ReferrersIndex,
): Promise<TrustError | undefined> {
  const index = { schemaVersion: 2, mediaType: indexMediaType, ...document, manifests: entries };
  const bytes = Buffer.from(JSON.stringify(index));
  const { host, repository } = access;
  if (bytes.length > limits.manifestBytes) {
    throw new TrustError(
      'REGISTRY_FAILED',
      `The list of what is attached to ${host}/${repository}@${digest} has no room for more`,
      { remedy: 'Delete artifacts that nobody needs.' },
    );
  }
  const once = { retry: false, timeoutMs: limits.httpTryMs } as const;
  try {
    await sendManifest(access, referrersTagOf(digest), bytes, indexMediaType, once);
    return undefined;
  } catch (error) {
    if (isTrustError(error, 'REGISTRY_UNREACHABLE', 'REGISTRY_FAILED')) return error;
    throw error;
  }
}
