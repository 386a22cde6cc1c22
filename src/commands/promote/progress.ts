/** How far a run of `promote` has come, and the facts that its report is made of. Decides nothing. */
import { errorOf, type SignedResult } from '../report/journal.js';
import {
  leastCertain,
  TagStates,
  type Aftermath,
  type TaggedRepository,
} from '../report/tag-states.js';
import { matchedPin } from '../signing/pins.js';
import { type SigningPlan } from '../signing/signing-preflight.js';
import type { Promotion } from './configuration.js';
import type { CopyFacts } from './copy.js';
import type { PromotionFacts } from './report.js';
import type { VerifiedImage } from './source.js';

/** Filled in as the run goes on. */
export interface Progress {
  /** Once all of them are verified. */
  images?: readonly VerifiedImage[];
  /** What is to be copied, by digest; then what was. */
  copies: ReadonlyMap<string, CopyFacts>;
  /** Whether the copies are in the target, under no tag yet. */
  copied: PromotionFacts['copied'];
  plan?: SigningPlan;
  /** Once it was read back. */
  signed?: SignedResult;
  readonly states: TagStates;
  /** Whether the run has found everything done. */
  unchanged: boolean;
}

/** Nothing has happened. */
export function startProgress(tags: readonly string[]): Progress {
  return { copies: new Map(), copied: 'no', states: new TagStates(tags), unchanged: false };
}

/** The target as a failure tells of it. */
export function taggedTarget(
  { target: { image } }: Promotion,
  { copied, states }: Progress,
): TaggedRepository {
  return { image, states, pushed: copied, heldUnder: 'no tag' };
}

/** What can be said now. */
export function factsOfRun(
  { target: { image }, images, dryRun }: Promotion,
  progress: Progress,
  warnings: readonly string[],
  failure?: { readonly thrown: unknown; readonly aftermath: Aftermath },
): PromotionFacts {
  const { registry, repository, gun } = image;
  const { plan, signed, copies } = progress;
  return {
    outcome: failure ? 'failed' : 'done',
    error: failure && errorOf(failure.thrown, failure.aftermath),
    registry,
    repository,
    gun,
    dryRun,
    copied: progress.copied,
    state: leastCertain(image.tags.map((tag) => progress.states.of(tag))),
    unchanged: progress.unchanged,
    key: plan && {
      id: plan.key.signer.keyId,
      method: plan.key.signer.method,
      description: plan.key.signer.description,
    },
    roles: signed?.roles ?? plan?.roles ?? [],
    initialised: signed?.initialised ?? false,
    pinnedBy: signed?.pinnedBy ?? matchedPin(plan?.view),
    images: images.map(({ reference, tags }, index) => {
      const verified = progress.images?.[index];
      const digest = verified?.manifest.digest;
      return {
        source: reference,
        sourceSigners: verified?.signers ?? [],
        sourceRoles: verified?.roles ?? [],
        digest,
        length: verified?.manifest.length,
        image: digest === undefined ? undefined : `${gun}@${digest}`,
        tags,
        copy: digest === undefined ? undefined : copies.get(digest),
        attached: verified?.attached,
      };
    }),
    warnings,
  };
}
