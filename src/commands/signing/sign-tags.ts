/** Signs tags and reads them back; the one place that may say "signed". */
import { TrustError, isTrustError, messageOf } from '../../errors.js';
import type { Log } from '../../ports.js';
import {
  initialiseRepository,
  type Initialised,
  lookUpTag,
  publishTags,
  readRepository,
  type PublishTagsOptions,
  type RoleName,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import type { SignedResult, TaggedContent } from '../report/journal.js';
import type { TagOrder } from './tag-order.js';
import { matchedPin, nameOfPin } from './pins.js';
import { type SigningPlan } from './signing-preflight.js';

/** What makes signing quick and safe; see the options of the same names in `publishTags`. */
export type SigningHints = Pick<PublishTagsOptions, 'known' | 'recheck' | 'onReadBack'>;

/**
 * Publishes `tags` with the native engine, initialising the repository where it has no trust data.
 * @throws {TrustError} whatever keeps the tags from being signed and verified; TAG_MOVED when
 * another run signed one of them right after.
 */
export async function signTags(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  { clock, signal }: RunContext,
  log: Log,
  hints: SigningHints = {},
): Promise<SignedResult> {
  const { server, pins, key } = plan;
  const options = { pins, clock, log, signal, tags };
  if (plan.root) {
    const created = await initialiseRepository(server, {
      ...options,
      rootSigner: plan.root.key.signer,
      rootCertificate: plan.root.certificate,
      targetsSigner: key.signer,
    });
    if (created.kind === 'created') return resultOf(plan, created.view, created.roles, true);
    log.info('Somebody else initialised the repository meanwhile.');
  }
  const published = await publishTags(server, { ...options, ...hints, signer: key.signer });
  if (published.alreadySigned) log.info('All tags were signed with these digests before.');
  return resultOf(plan, published.view, published.roles, false);
}

/**
 * Initialises the repository without tags, so that the Docker CLI finds trust data and makes no
 * keys of its own, which would be lost with the agent. Does nothing where there is trust data.
 */
export async function initialiseForDocker(
  plan: SigningPlan,
  { clock, signal }: RunContext,
  log: Log,
): Promise<Initialised | undefined> {
  if (!plan.root) return undefined;
  return initialiseRepository(plan.server, {
    pins: plan.pins,
    clock,
    log,
    signal,
    rootSigner: plan.root.key.signer,
    rootCertificate: plan.root.certificate,
    targetsSigner: plan.key.signer,
  });
}

/**
 * Verifies what somebody else (the Docker CLI) signed, as a stranger with an empty cache would.
 * @throws {TrustError} READ_BACK_FAILED, and what verification throws.
 */
export async function readBackSigned(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  initialised: boolean,
  { clock, signal }: RunContext,
): Promise<SignedResult> {
  const { server, pins } = plan;
  const view = await readRepository(server, { pins, now: clock(), signal });
  if (!view) throw readBackFailed(server.gun, 'there is no trust data');
  const roles = new Set<RoleName>();
  for (const [tag, { digest, length }] of tags) {
    const found = lookUpTag(view, tag);
    if (found.kind !== 'signed') {
      throw readBackFailed(server.gun, `${tag} is not signed`);
    }
    if (found.digest !== digest || found.length !== length) {
      throw readBackFailed(server.gun, `${tag} is signed for ${found.digest}, not for ${digest}`);
    }
    for (const [role, { signed }] of view.targets) {
      if (Object.hasOwn(signed.targets, tag)) roles.add(role);
    }
  }
  return resultOf(plan, view, [...roles].sort(), initialised);
}

/**
 * Runs `body`, and adds to its failure which tags are in the registry without a signature.
 * @throws {TrustError} always the failure of `body`, with its own code.
 */
export async function tellUnsigned<T>(
  gun: string,
  tags: Iterable<string>,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const names = [...tags].map((tag) => `${gun}:${tag}`).join(', ');
    const isKnown = isTrustError(error);
    throw new TrustError(
      isKnown ? error.code : 'UNEXPECTED',
      `${messageOf(error).replace(/\.?\s*$/, '.')} The registry holds ${names}, and this run has not signed it.`,
      {
        remedy: isKnown ? error.remedy : 'Run the step again.',
        cause: error,
      },
    );
  }
}

/**
 * Runs `body`, and adds to its failure that no tag was touched, and what remains in the registry.
 * @throws {TrustError} always the failure of `body`, with its own code.
 */
export async function tellUntagged<T>(
  gun: string,
  order: TagOrder,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const isKnown = isTrustError(error);
    const where = order.kind === 'staging-tag' ? `the tag ${order.tag}` : 'no tag';
    throw new TrustError(
      isKnown ? error.code : 'UNEXPECTED',
      `${messageOf(error)} No tag of ${gun} was moved: what this run pushed is there under ${where}.`,
      { remedy: isKnown ? error.remedy : 'Run the step again.', cause: error },
    );
  }
}

async function resultOf(
  plan: SigningPlan,
  view: TrustedView,
  roles: readonly RoleName[],
  initialised: boolean,
): Promise<SignedResult> {
  await plan.record?.();
  const { key, pins, root } = plan;
  const pinnedBy = matchedPin(view) ?? (root && pins[0] ? nameOfPin(pins[0]) : undefined);
  return { view, roles, signer: key.signer, initialised, pinnedBy };
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
