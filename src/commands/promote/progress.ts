/** How far a run of `promote` has come, and the facts that its report is made of. Decides nothing. */
import { errorFacts } from '../report/error-facts.js';
import {
  leastCertain,
  nothingPushed,
  pushedIn,
  type Aftermath,
} from '../signing/registry-state.js';
import { matchedPin } from '../signing/pins.js';
import type { SigningPlan } from '../signing/preflight.js';
import type { SigningProgress } from '../signing/sign-tags.js';
import type { Promotion } from './configuration.js';
import type { CopyFacts } from './copy.js';
import type { PromotionFacts } from './report.js';
import type { VerifiedImage } from './source.js';

/** Filled in as the run goes on. */
export interface Progress extends SigningProgress {
  /** Once all of them are verified. */
  images?: readonly VerifiedImage[];
  /** What is to be copied, by digest; then what was. */
  copies: ReadonlyMap<string, CopyFacts>;
  plan?: SigningPlan;
  /** Whether the run has found everything done. */
  unchanged: boolean;
}

/** Nothing has happened. */
export function startProgress(): Progress {
  return { state: nothingPushed, copies: new Map(), unchanged: false };
}

/** What can be said now. */
export function factsOfRun(
  { target: { image }, images, dryRun }: Promotion,
  progress: Progress,
  warnings: readonly string[],
  failure?: { readonly thrown: unknown; readonly aftermath: Aftermath },
): PromotionFacts {
  const { registry, repository, gun } = image;
  const { plan, signed, copies, state } = progress;
  return {
    outcome: failure ? 'failed' : 'done',
    error: failure && errorFacts(failure.thrown, failure.aftermath),
    registry,
    repository,
    gun,
    dryRun,
    copied: pushedIn(state),
    state: leastCertain(state, image.tags),
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
