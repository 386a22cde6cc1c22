/**
 * Looks at what was published as a stranger with an empty cache would: the only ground on which a
 * tag may be called signed. A 200 to the publish proves nothing, because the server lists the hash
 * of its own print of a file (notary tuf/tuf.go, UpdateSnapshot).
 */
import { isTrustError, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { hashMismatch, getOwnProperty } from '../metadata/index.js';
import type { RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import type { TrustServer } from '../server/index.js';
import { lookUpTag, type TrustedView } from '../verification/index.js';
import { backoffFor } from './backoff.js';
import type { PublishingContext, Tags } from './types.js';

/** What was sent and must be found. */
interface Expectation {
  /** What is wrong with the tags of a view, if anything is. */
  readonly flaw: (view: TrustedView) => string | undefined;
  /** What to throw instead where somebody published later and made the flaw. */
  readonly overtaken?: (view: TrustedView) => TrustError | undefined;
  /** Delegations that are likely there; see the reading's option of that name. */
  readonly likely?: readonly RoleName[];
  /** The root as this run has read it, where it was not sent. */
  readonly root?: Buffer | undefined;
  /** `report` also takes a view in which roles have expired; `flaw` says which must not have. */
  readonly expiry?: 'enforce' | 'report' | undefined;
  /** The files as they were sent, with their versions; empty when nothing was. */
  readonly sent: ReadonlyMap<RoleName, { readonly bytes: Buffer; readonly version: number }>;
}

/**
 * Reads the repository anew and checks it. A server that answers from a replica or a cache gets
 * some time to catch up.
 * @throws {TrustError} READ_BACK_FAILED, or INTERRUPTED.
 */
export async function readBack(
  server: TrustServer,
  expected: Expectation,
  context: PublishingContext,
): Promise<TrustedView> {
  const totalMs = Math.min(limits.readBackDeadlineMs, context.deadlineMs ?? Infinity);
  const patience = backoffFor(totalMs, context.signal);
  for (;;) {
    const look = await lookOnce(server, expected, context);
    if ('view' in look) return look.view;
    context.log.debug(`read back: ${look.flaw}`);
    const mayHeal = look.isFinal !== true && (await patience.pause());
    if (!mayHeal)
      throw 'cause' in look ? notReadBack(server, look) : readBackFailed(server, look.flaw);
  }
}

/**
 * Checks a view that was itself read with an empty cache.
 * @throws {TrustError} READ_BACK_FAILED
 */
export function confirmed(
  server: TrustServer,
  view: TrustedView,
  flawOf: Expectation['flaw'],
): TrustedView {
  const flaw = flawOf(view);
  if (flaw !== undefined) {
    throw new TrustError(
      'READ_BACK_FAILED',
      `nothing had to be published for ${server.gun}, but ${server.host} serves trust data that differs from what was to be signed: ${flaw}`,
      { remedy: 'Do not rely on these tags. Inspect the repository, and run the step again.' },
    );
  }
  return view;
}

type Look =
  | { readonly view: TrustedView }
  /** Nothing could be read, or nothing that can be trusted. */
  | { readonly flaw: string; readonly cause: TrustError; readonly isFinal?: false }
  | {
      readonly flaw: string;
      /** Whether waiting cannot help: what is there is newer than what we sent, or stands beside it. */
      readonly isFinal?: boolean;
    };

async function lookOnce(
  server: TrustServer,
  expected: Expectation,
  context: PublishingContext,
): Promise<Look> {
  let view: TrustedView | undefined;
  try {
    view = await readRepository(server, {
      pins: context.pins,
      now: context.clock(),
      likely: expected.likely,
      root: expected.root,
      expiry: expected.expiry,
      signal: context.signal,
    });
  } catch (cause) {
    if (!isTrustError(cause) || cause.code === 'INTERRUPTED') throw cause;
    return { flaw: cause.message, cause };
  }
  if (!view) return { flaw: 'there is no trust data' };
  const ofFiles = fileFlaw(view, expected);
  const flaw = ofFiles ?? expected.flaw(view);
  if (flaw === undefined) return { view };
  const isAllThere = ofFiles === undefined && expected.sent.size > 0;
  const isFinal =
    isAllThere ||
    [...expected.sent].some(
      ([role, { version }]) => (fileOf(view, role)?.signed.version ?? 0) > version,
    );
  const overtaken = isFinal ? expected.overtaken?.(view) : undefined;
  if (overtaken) throw overtaken;
  return { flaw, isFinal };
}

/** Every file that was sent must be listed with its own hash, or a newer one have followed. */
function fileFlaw(view: TrustedView, { sent }: Expectation): string | undefined {
  for (const [role, { bytes, version }] of sent) {
    const current = fileOf(view, role);
    if (!current) return `${role} is not trusted`;
    if (current.signed.version > version) continue;
    if (current.signed.version < version) {
      return `${role} is at version ${current.signed.version}, not ${version}`;
    }
    const listed = getOwnProperty(view.snapshot.signed.meta, role);
    if (!listed) return `${role} is not listed in the snapshot`;
    const mismatch = hashMismatch(bytes, listed.hashes);
    if (mismatch !== undefined) return `${role} is not the file that was sent: ${mismatch}`;
  }
  return undefined;
}

function fileOf(view: TrustedView, role: RoleName) {
  return role === 'root' ? view.root : view.targets.get(role);
}

/** Why `view` does not show all of `tags` as signed with these digests; undefined if it does. */
export function tagFlaw(view: TrustedView, tags: Tags): string | undefined {
  for (const [tag, { digest, length }] of tags) {
    const found = lookUpTag(view, tag);
    if (found.kind === 'unsigned') return `the tag ${tag} is not signed`;
    if (found.kind === 'refused') return `the tag ${tag} is refused: ${found.reason}`;
    if (found.digest !== digest || found.length !== length) {
      return `the tag ${tag} is signed as ${found.digest} (${found.length} bytes), not ${digest}`;
    }
  }
  return undefined;
}

function readBackFailed(server: TrustServer, flaw: string): TrustError {
  return new TrustError(
    'READ_BACK_FAILED',
    `${server.host} accepted the trust data of ${server.gun}, but serves trust data that differs from what was signed: ${flaw}`,
    {
      remedy:
        'Do not rely on these tags. Run the step again: another run may have signed in between, or a cache may be stale.\nIf the error persists, something alters uploads to the trust server, or the server is damaged: ask its operator.',
    },
  );
}

/** The error for a read-back that did not take place: what was signed may be there as it should. */
function notReadBack(
  server: TrustServer,
  { flaw, cause }: { readonly flaw: string; readonly cause: TrustError },
): TrustError {
  const isUnusable = cause.code.startsWith('TRUST_DATA_') || cause.code === 'TRUST_PIN_MISMATCH';
  const what = isUnusable ? 'what is read back cannot be verified' : 'it could not be read back';
  return new TrustError(
    'READ_BACK_FAILED',
    `${server.host} accepted the trust data of ${server.gun}, but ${what}: ${flaw}`,
    { remedy: `Do not rely on these tags until they are read back. ${cause.remedy}`, cause },
  );
}
