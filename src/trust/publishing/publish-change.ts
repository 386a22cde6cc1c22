/**
 * Publishes changes of roles to an existing repository. Optimistic: read, plan, sign, send, and on a
 * conflict all over again from what is there now, so that any number of agents can publish to one
 * repository at once and nothing is lost. Never says done before the read-back says so.
 */
import { isTrustError, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { RoleName } from '../metadata/types.js';
import { readRepository } from '../reading/index.js';
import type { TrustServer } from '../server/index.js';
import type { TrustedView, VouchingKey } from '../verification/index.js';
import { backoffFor } from './backoff.js';
import type { Plan, PlannedFile } from './plan.js';
import { confirmed, readBack } from './read-back.js';
import { requireAnchor } from './require-anchor.js';
import { signFile } from './sign.js';
import type { ChangeOptions } from './types.js';

/** What is to be changed, asked anew for every view that is met on the way. */
interface Change<P extends Plan> {
  /** Every key that the run has, whether this change takes it or not: they vouch for the root. */
  readonly keys: readonly VouchingKey[];
  /** What has to be signed to get there from `view`; no files when it is there. */
  plan(view: TrustedView): P;
  /** Why `view`, read as a stranger would, is not what was wanted; undefined when it is. */
  flaw(view: TrustedView): string | undefined;
  /** Explains a flaw that a later publish of another run has made, where it can be told. */
  overtaken?(view: TrustedView): TrustError | undefined;
}

/** A change that was read back. */
interface Changed<P extends Plan> {
  /** What the stranger saw. */
  readonly view: TrustedView;
  /** The plan for what was there last. */
  readonly plan: P;
  /** The plan that was sent last; undefined when nothing had to change. */
  readonly carriedOut: P | undefined;
  /** How many publishes were sent. */
  readonly attempts: number;
}

type Sent = ReadonlyMap<RoleName, { readonly bytes: Buffer; readonly version: number }>;

/**
 * Carries `change` out in one publish and reads it back. Sends nothing when nothing has to change.
 * @throws {TrustError} TRUST_DATA_MISSING without trust data; KEY_NOT_AUTHORIZED;
 * SIGNER_NOT_AUTHORIZED; TRUST_ANCHOR_MISSING when only the server vouches for what would be signed;
 * TRUST_PIN_MISMATCH; TRUST_CONFLICT when the deadline passes among conflicts; TRUST_SERVER_UNREACHABLE or
 * TRUST_SERVER_REJECTED; READ_BACK_FAILED; INTERRUPTED; and what reading and the signer throw.
 */
export async function publishChange<P extends Plan>(
  server: TrustServer,
  options: ChangeOptions,
  change: Change<P>,
): Promise<Changed<P>> {
  const { clock, signal, log, expiry } = options;
  let { pins } = options;
  const flaw = (seen: TrustedView): string | undefined => change.flaw(seen);
  const overtaken = (seen: TrustedView): TrustError | undefined => change.overtaken?.(seen);
  const lookBack = (sent: Sent, view: TrustedView): Promise<TrustedView> => {
    options.onReadBack?.();
    const likely = [...view.delegations.keys()];
    const root = sent.has('root') ? undefined : view.root.bytes;
    return readBack(server, { flaw, overtaken, sent, likely, root, expiry }, { ...options, pins });
  };
  const patience = backoffFor(options.deadlineMs ?? limits.publishDeadlineMs, signal);
  let earlier: TrustedView | undefined;
  let trouble: Trouble | undefined;
  let attempts = 0;
  let carriedOut: P | undefined;
  let uncertain = 0;
  let known = options.known;

  const read = async (previous: TrustedView | undefined, after: Trouble | undefined) => {
    try {
      // What is known may be outdated, so it says where to look first, and nothing else.
      const likely = previous ? undefined : options.known && [...options.known.delegations.keys()];
      return await readRepository(server, { pins, now: clock(), previous, likely, expiry, signal });
    } catch (error) {
      if (after?.kind === 'uncertain' && isTrustError(error, 'TRUST_SERVER_UNREACHABLE')) {
        throw outcomeUnknown(after.error);
      }
      throw error;
    }
  };

  for (;;) {
    const isFresh = known === undefined;
    const view = known ?? (await read(earlier, trouble));
    known = undefined;
    if (!view) throw noTrustData(server);
    // A refusal is final unless the repository changed under it.
    if (trouble?.kind === 'rejected' && isUnchanged(earlier, view)) throw trouble.error;
    const plan = change.plan(view);
    // Before anything is signed, for every view anew; from here on nothing is read without the anchor.
    const anchor = requireAnchor({ view, pins, files: plan.files, keys: change.keys });
    pins = anchor.pins;
    if (plan.files.length === 0) {
      if (!isFresh) {
        // What was read some time ago is no proof: another run may have published since.
        options.onReadBack?.();
        continue;
      }
      if (attempts > 0) log.info('The publish succeeded although its response was lost.');
      const seen =
        attempts === 0 ? confirmed(server, anchor.view, flaw) : await lookBack(new Map(), view);
      return { view: seen, plan, carriedOut, attempts };
    }
    for (const warning of plan.warnings) log.warn(warning);
    if (trouble?.kind === 'uncertain' && ++uncertain >= limits.publishUncertainTries) {
      throw trouble.error;
    }
    // The signature of a vault takes as long as the answer of a registry: side by side.
    const [sent] = await Promise.all([signFiles(plan.files), options.recheck?.(view)]);
    attempts += 1;
    carriedOut = plan;
    const bytes = new Map([...sent].map(([role, file]) => [role, file.bytes]));
    trouble = await attempt(() => server.publish(bytes, signal));
    if (!trouble) {
      return { view: await lookBack(sent, view), plan, carriedOut, attempts };
    }
    log.debug(`publish ${attempts}: ${trouble.kind}`);
    earlier = view;
    if (!(await patience.pause())) {
      throw trouble.kind === 'conflict' ? outOfTime(server, attempts) : trouble.error;
    }
  }
}

type Trouble =
  | { readonly kind: 'conflict' }
  | { readonly kind: 'uncertain' | 'rejected'; readonly error: TrustError };

/** Sends once. @returns what stood in the way, if anything did. */
async function attempt(
  send: () => ReturnType<TrustServer['publish']>,
): Promise<Trouble | undefined> {
  try {
    const outcome = await send();
    return outcome.kind === 'accepted' ? undefined : outcome;
  } catch (error) {
    if (isTrustError(error, 'TRUST_SERVER_REJECTED')) return { kind: 'rejected', error };
    throw error;
  }
}

async function signFiles(files: readonly PlannedFile[]): Promise<Sent> {
  return new Map(
    await Promise.all(
      files.map(async ({ role, body, signedBy }) => {
        const bytes = await signFile(role, body, signedBy);
        return [role, { bytes, version: body.version }] as const;
      }),
    ),
  );
}

function isUnchanged(before: TrustedView | undefined, after: TrustedView): boolean {
  return before?.timestamp.signed.version === after.timestamp.signed.version;
}

function noTrustData(server: TrustServer): TrustError {
  return new TrustError(
    'TRUST_DATA_MISSING',
    `${server.host} holds no trust data for ${server.gun}`,
    {
      remedy:
        'If it was initialised before, its trust data was deleted: find out who did it and why.\nIf it never was, ask the owner of the keys to initialise it with "keys init".',
    },
  );
}

function outcomeUnknown(cause: TrustError): TrustError {
  return new TrustError(
    'TRUST_SERVER_UNREACHABLE',
    `${cause.message}; it is not known whether the publish took effect, because the trust data cannot be read now`,
    { remedy: `${cause.remedy} Tags that are already signed are recognised.`, cause },
  );
}

function outOfTime(server: TrustServer, attempts: number): TrustError {
  return new TrustError(
    'TRUST_CONFLICT',
    `other runs kept publishing to ${server.gun} on ${server.host}: ${attempts} publishes met a version conflict until the deadline`,
    { remedy: 'Run again, or let fewer jobs sign the same repository at the same time.' },
  );
}
