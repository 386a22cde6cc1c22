/** Signs tags and reads them back; the one place that may say "signed". */
import { TrustError } from '../../errors.js';
import type { Log } from '../../ports.js';
import {
  initialiseRepository,
  type Initialised,
  lookUpTag,
  overtakenBy,
  publishTags,
  readRepository,
  signedByOthers,
  type PublishTagsOptions,
  type RoleName,
  type TrustedView,
} from '../../trust/index.js';
import type { RunContext } from '../context.js';
import type { SignedResult, TaggedContent } from '../report/journal.js';
import { matchedPin, nameOfPin } from './pins.js';
import { type SigningPlan } from './signing-preflight.js';

/** What makes signing safe and quick; see the options of the same names in `publishTags`. */
export type SigningHints = Pick<
  PublishTagsOptions,
  'known' | 'recheck' | 'onReadBack' | 'onOvertaken'
>;

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
  hints: SigningHints,
): Promise<SignedResult> {
  const { server, pins, key } = plan;
  const options = { pins, clock, log, signal, tags };
  if (plan.root) {
    const created = await initialiseRepository(server, {
      ...options,
      recheck: hints.recheck,
      rootSigner: plan.root.key.signer,
      rootCertificate: plan.root.certificate,
      targetsSigner: key.signer,
    });
    if (created.kind === 'created') return resultOf(plan, created.view, created.roles, true);
    log.info('Another run initialised the repository in the meantime.');
  }
  const published = await publishTags(server, { ...options, ...hints, signer: key.signer });
  if (published.alreadySigned) log.info('All tags were signed already, with these digests.');
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
 * @throws {TrustError} READ_BACK_FAILED, TAG_MOVED where another run signed since, and what
 * verification throws.
 */
export async function readBackSigned(
  plan: SigningPlan,
  tags: ReadonlyMap<string, TaggedContent>,
  initialised: boolean,
  { clock, signal }: RunContext,
  onOvertaken: (tags: readonly string[]) => void,
): Promise<SignedResult> {
  const { server, pins } = plan;
  const view = await readRepository(server, { pins, now: clock(), signal });
  if (!view) throw readBackFailed(server.gun, 'there is no trust data');
  const others = signedByOthers(view, tags);
  if (others.size > 0) {
    onOvertaken([...others.keys()]);
    throw overtakenBy(server.gun, tags, others);
  }
  const roles = new Set<RoleName>();
  for (const [tag, { length }] of tags) {
    const found = lookUpTag(view, tag);
    if (found.kind !== 'signed') {
      throw readBackFailed(server.gun, `${tag} is not signed`);
    }
    if (found.length !== length) {
      throw readBackFailed(server.gun, `${tag} is signed with a length of ${found.length} bytes`);
    }
    for (const [role, { signed }] of view.targets) {
      if (Object.hasOwn(signed.targets, tag)) roles.add(role);
    }
  }
  return resultOf(plan, view, [...roles].sort(), initialised);
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
