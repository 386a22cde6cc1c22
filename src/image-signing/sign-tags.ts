/**
 * Signs tags of a registry, in the one order that lets no other run come between unseen: the trust
 * data is read, the registry is asked, the signature is published, both are read back. The one place
 * that may say "signed"; notes how far a signing came that fails.
 */
import type { AccessRun } from '../access/index.js';
import { isTrustError, TrustError, unreachableCodes } from '../errors.js';
import { limits } from '../limits.js';
import type { TagDigests } from '../registry/index.js';
import {
  initialiseRepository,
  isSignedForOther,
  lookUpTag,
  overtakenBy,
  publishTags,
  readRepository,
  signedByOthers,
  type Initialised,
  type RoleName,
  type Signer,
  type TagContent,
  type TrustedView,
  type TrustServer,
  matchedPin,
  nameOfPin,
} from '../trust/index.js';
import { startInBackground } from '../concurrency.js';
import { failureOfMany } from '../report/failure-of-many.js';
import type { SigningPlan } from './preflight.js';
import { afterReadBack, withTags, type Progress } from './registry-state.js';

/** What was signed, by whom, as read back. */
export interface SignedResult {
  readonly view: TrustedView;
  readonly roles: readonly RoleName[];
  readonly signer: Signer;
  readonly initialised: boolean;
  readonly pinnedBy: string | undefined;
}

/** How far a signing has come. */
export interface SigningProgress extends Progress {
  /** Set once the signatures have been read back. */
  signed?: SignedResult;
}

/** What is signed, and how the run knows that it is what the registry has. */
export interface SigningRequest {
  readonly plan: SigningPlan;
  readonly contents: ReadonlyMap<string, TagContent>;
  /**
   * Asked before every publish, but for the first where the look at `lookedAtMs` is enough.
   * @throws {TrustError} TAG_MOVED, and whatever the registry refuses
   */
  readonly recheck: () => Promise<void>;
  /** When the registry was last asked what the tags point to, if this run found them there. */
  readonly lookedAtMs?: number | undefined;
  /** What the tags point to, asked beside the read-back; absent where they are put later. */
  readonly look?: () => Promise<TagDigests>;
  /** Asked, before the failure is thrown, where another run signed one of the tags right after. */
  readonly onOvertaken?: () => Promise<void>;
}

/** Tags that were read back. */
export interface SignedTags {
  readonly result: SignedResult;
  /** Undefined where there was no look, or, with a warning, where the registry did not answer. */
  readonly found: TagDigests | undefined;
}

/**
 * Publishes `contents` with the native engine, initialising the repository where it has no trust data.
 * @param known what this run has read of the trust data.
 * @throws {TrustError} whatever keeps the tags from being signed and verified; TAG_MOVED when
 * another run signed one of them right after.
 */
export function signTags(
  request: SigningRequest,
  known: TrustedView | undefined,
  progress: SigningProgress,
  { clock, signal, log }: AccessRun,
): Promise<SignedTags> {
  const { plan, contents, look } = request;
  const { pins, key, root } = plan;
  const server = watchPublishes(plan.server, contents, progress);
  const recheck = unlessJustLooked(request, clock);
  const options = { pins, clock, log, signal, tags: contents, recheck };
  let looking: Promise<TagDigests> | undefined;
  return readBack(request, progress, log, async (onOvertaken) => {
    if (root) {
      const created = await initialiseRepository(server, {
        ...options,
        rootSigner: root.key.signer,
        rootCertificate: root.certificate,
        targetsSigner: key.signer,
      });
      if (created.kind === 'created') {
        return { view: created.view, roles: created.roles, initialised: true };
      }
      log.info('Another run initialised the repository in the meantime.');
    }
    const published = await publishTags(server, {
      ...options,
      known,
      signer: key.signer,
      onOvertaken,
      onReadBack: () => {
        if (look) looking = startInBackground(look());
      },
    });
    if (published.alreadySigned) log.info('All tags were signed already, with these digests.');
    return { view: published.view, roles: published.roles, initialised: false, looking };
  });
}

/**
 * Verifies what the Docker CLI signed, the way a new client would.
 * @param initialised whether this run has created the trust data.
 * @throws {TrustError} READ_BACK_FAILED, TAG_MOVED where another run signed since, and what
 * verification throws.
 */
export function readBackDockerTags(
  request: Omit<SigningRequest, 'recheck'>,
  initialised: boolean,
  progress: SigningProgress,
  { clock, signal, log }: AccessRun,
): Promise<SignedTags> {
  const { server, pins } = request.plan;
  const { contents } = request;
  return readBack(request, progress, log, async (onOvertaken) => {
    const view = await readRepository(server, { pins, now: clock(), signal });
    if (!view) throw readBackFailed(server.gun, 'there is no trust data');
    const others = signedByOthers(view, contents);
    if (others.size > 0) {
      onOvertaken([...others.keys()]);
      throw overtakenBy(server.gun, contents, others);
    }
    for (const [tag, { length }] of contents) {
      const found = lookUpTag(view, tag);
      if (found.kind !== 'signed') throw readBackFailed(server.gun, `${tag} is not signed`);
      if (found.length !== length) {
        throw readBackFailed(server.gun, `${tag} is signed with a length of ${found.length} bytes`);
      }
    }
    const roles = [...view.targets].flatMap(([role, { signed }]) =>
      [...contents.keys()].some((tag) => Object.hasOwn(signed.targets, tag)) ? [role] : [],
    );
    return { view, roles: roles.sort(), initialised };
  });
}

/**
 * Initialises the repository without tags, so that the Docker CLI finds trust data and makes no
 * keys of its own, which would be lost with the agent. Does nothing where there is trust data.
 */
export async function initialiseForDocker(
  { root, server, pins, key }: SigningPlan,
  { clock, log, signal }: AccessRun,
): Promise<Initialised | undefined> {
  return (
    root &&
    initialiseRepository(server, {
      pins,
      clock,
      log,
      signal,
      rootSigner: root.key.signer,
      rootCertificate: root.certificate,
      targetsSigner: key.signer,
    })
  );
}

/**
 * The check before each publish. The look that found the tags is the one right before the first if a key
 * in memory signs at once, so that there is nothing beside which to look again. Whoever has pushed
 * something else under a tag since, and signed it before the trust data was read, is seen in that data.
 */
function unlessJustLooked(
  { plan: { key }, contents, recheck, lookedAtMs }: SigningRequest,
  clock: AccessRun['clock'],
): (view?: TrustedView) => Promise<void> {
  let isFirst = true;
  return async (view) => {
    const isLookEnough =
      isFirst &&
      view !== undefined &&
      lookedAtMs !== undefined &&
      key.privateKey !== undefined &&
      clock().getTime() - lookedAtMs < limits.freshLookMs &&
      !isSignedForOther(view, contents);
    isFirst = false;
    if (!isLookEnough) await recheck();
  };
}

type ReadBack = Pick<SignedResult, 'view' | 'roles' | 'initialised'> & {
  /** The look at the registry, where it has begun. */
  readonly looking?: Promise<TagDigests> | undefined;
};

/** Runs `body` to the read-back, notes its end, and looks what the registry has then. */
async function readBack(
  { plan, contents, look, onOvertaken }: Omit<SigningRequest, 'recheck'>,
  progress: SigningProgress,
  log: AccessRun['log'],
  body: (onOvertaken: (moved: readonly string[]) => void) => Promise<ReadBack>,
): Promise<SignedTags> {
  const { server, key, pins, root } = plan;
  const overtaken = new Set<string>();
  let read: ReadBack;
  try {
    read = await body((moved) => {
      for (const tag of moved) overtaken.add(tag);
      const signed = withTags(progress.state, contents.keys(), 'signed-unsettled');
      progress.state = withTags(signed, moved, 'moved');
    });
  } catch (error) {
    if (overtaken.size > 0) await onOvertaken?.();
    throw error;
  }
  const { looking = look?.(), ...facts } = read;
  const pinnedBy = matchedPin(read.view) ?? (root && pins[0] ? nameOfPin(pins[0]) : undefined);
  const result = { ...facts, signer: key.signer, pinnedBy };
  progress.signed = result;
  progress.state = afterReadBack(progress.state, contents.keys());
  await plan.record?.();
  return { result, found: looking && (await lookAfterSigning(server.gun, looking, log)) };
}

/**
 * What the tags point to once they are signed. They are signed whatever the registry answers, so an
 * answer of no use is a warning and not a failure.
 * @param looking the look-up, which has begun already.
 * @returns undefined, with a warning, where the registry does not say.
 */
export async function lookAfterSigning(
  gun: string,
  looking: Promise<TagDigests>,
  log: Pick<AccessRun['log'], 'warn'>,
): Promise<TagDigests | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (!isTrustError(error, ...unreachableCodes, 'DIGEST_MISMATCH')) throw error;
    log.warn(
      `The tags of ${gun} are signed; whether they still point to what was signed could not be checked: ${error.message}`,
    );
    return undefined;
  }
}

/**
 * `of`, which notes whenever it turns out that it may, or does not, hold something sent to it: while a
 * publish is under way too, so that whatever ends the run then is told so.
 */
function watchPublishes(
  of: TrustServer,
  contents: ReadonlyMap<string, TagContent>,
  progress: Progress,
): TrustServer {
  return {
    gun: of.gun,
    host: of.host,
    fetchRole: (role, request) => of.fetchRole(role, request),
    fetchServerKey: (role, signal) => of.fetchServerKey(role, signal),
    rotateServerKey: (role, signal) => of.rotateServerKey(role, signal),
    deleteTrustData: (signal) => of.deleteTrustData(signal),
    publish: async (parts, signal) => {
      const before = progress.state;
      progress.state = withTags(before, contents.keys(), 'signing-unknown');
      try {
        const outcome = await of.publish(parts, signal);
        if (outcome.kind === 'conflict') progress.state = before;
        return outcome;
      } catch (error) {
        // Whatever is thrown is a refusal, but for a run that was stopped while it waited.
        if (isTrustError(error) && error.code !== 'INTERRUPTED') progress.state = before;
        throw error;
      }
    },
  };
}

/** @throws {TrustError} TAG_MOVED if any tag was moved, naming them. */
export function requireNoneMoved(gun: string, moved: ReadonlyMap<string, TrustError>): void {
  const failed = [...moved].map(([tag, error]) => ({ name: `${gun}:${tag}`, error }));
  const [first, ...others] = failed;
  if (!first) return;
  if (others.length === 0) throw first.error;
  throw failureOfMany([first, ...others], `${failed.length} tags were moved.`);
}

function readBackFailed(gun: string, why: string): TrustError {
  return new TrustError(
    'READ_BACK_FAILED',
    `The signature of ${gun} could not be confirmed: ${why}.`,
    {
      remedy:
        'Do not deploy these tags. Run the step again; another run may have signed in between.',
    },
  );
}
