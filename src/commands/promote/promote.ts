/**
 * Copies signed images to another repository and signs them there: verified at the source, copied by
 * digest, signed in one publish, and only then put under their tags. Nothing is copied that cannot
 * be signed, and no tag is put that is not.
 */
import { placeOf } from '../configuration/types.js';
import type { InputValues } from '../inputs/values.js';
import type { Log } from '../../ports.js';
import type { Manifest } from '../../registry/index.js';
import type { TagContent } from '../../trust/index.js';
import type { Configuration, SigningConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { handOnReport } from '../report/report-file.js';
import { aftermathOf, type Aftermath } from '../signing/registry-state.js';
import type { Session } from '../access/access.js';
import { requirePush } from '../signing/registry-rights.js';
import { putTags } from '../signing/put-tags.js';
import { reconcileTags } from '../signing/reconcile-tags.js';
import {
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
} from '../signing/preflight.js';
import { lookUpTags } from '../signing/registry-tags.js';
import { signTags, type SignedResult } from '../signing/sign-tags.js';
import { readPromotion, type Promotion } from './configuration.js';
import { carryOut, factsOf, planCopies, targetOf } from './copy.js';
import { factsOfRun, startProgress, type Progress } from './progress.js';
import {
  promotionReport,
  promotionSummary,
  promotionTable,
  type PromotionFacts,
} from './report.js';
import {
  openSourceAccess,
  recheckSources,
  tellAttached,
  verifySources,
  type VerifiedImage,
} from './source.js';
import type { Access } from '../verify/access.js';

/**
 * Runs `promote`.
 * @throws {TrustError} whatever an image is refused for at the source, before anything is copied;
 * whatever keeps it from being copied or signed, before any tag is put.
 */
export async function promoteImages(inputs: InputValues, context: RunContext): Promise<void> {
  const promotion = readPromotion(inputs, context.workingDirectory, context.problems);
  const { target } = promotion;
  if (!target.signing) throw new TypeError('promote was configured without a signing key');
  const { log, warnings } = context;
  const run: Run = {
    promotion,
    target,
    signing: target.signing,
    context: { ...context, log },
    log,
    progress: startProgress(),
  };
  const aftermath = (): Aftermath =>
    aftermathOf([{ image: target.image, state: run.progress.state }]);
  context.onFailure(aftermath);
  const tell = async (failure?: { readonly thrown: unknown }): Promise<void> => {
    const told = failure && { ...failure, aftermath: aftermath() };
    const facts = factsOfRun(promotion, run.progress, warnings, told);
    const report = promotionReport(facts);
    await handOnReport(report, target.reportPath, context);
    await context.addSummary(promotionSummary(facts));
  };
  try {
    await work(run, inputs);
    await log.group(promotion.dryRun ? 'Dry run' : 'Images', () => {
      const facts = factsOfRun(promotion, run.progress, warnings);
      for (const line of promotionTable(facts)) log.info(line);
      log.info(lastLine(facts));
      return Promise.resolve();
    });
  } catch (thrown) {
    await tell({ thrown });
    throw thrown;
  }
  await tell();
}

function lastLine({ dryRun, unchanged, roles, key }: PromotionFacts): string {
  if (dryRun) return 'Nothing was changed.';
  return unchanged
    ? 'All of it was there and signed before: nothing was copied, signed or tagged.'
    : `${roles.join(', ')}  key ${key?.id ?? ''}`;
}

interface Run {
  readonly promotion: Promotion;
  readonly target: Configuration;
  readonly signing: SigningConfiguration;
  readonly context: RunContext;
  readonly log: Log;
  readonly progress: Progress;
}

async function work(run: Run, inputs: InputValues): Promise<void> {
  const { promotion, target, context, log, progress } = run;
  const { image } = target;
  const { session, images, plan, access } = await prepare(run, inputs);
  const to = targetOf(image, session, context);
  const copies = await log.group('Content', () => planCopies(images, to, log));
  tellAttached(images, log);
  progress.copies = new Map(copies.map(({ digest, plan }) => [digest, factsOf(plan)]));
  if (promotion.dryRun) return;
  await log.group('Copy', async () => {
    progress.state = { kind: 'pushing-untagged', under: 'no tag' };
    progress.copies = await carryOut(copies, to, log);
    progress.state = { kind: 'pushed-untagged', under: 'no tag' };
  });
  const manifests = byManifest(images);
  const [only, ...others] = manifests;
  const digest = only && others.length === 0 ? only.manifest.digest : undefined;
  if (digest !== undefined) context.setOutput('digest', digest);
  const contents = contentsOf(images);
  const { result: signed } = await log.group('Signature', () =>
    signTags(
      {
        plan,
        contents,
        recheck: () => recheckSources({ promotion, access, context, log }, images),
      },
      plan.view,
      progress,
      context,
    ),
  );
  const put = await log.group('Tags', () => tagAll(run, images, session, plan, signed));
  progress.state = { kind: 'signed' };
  progress.unchanged = put === 0 && isPublishedBefore(plan, signed) && isAllThere(progress);
  const names = manifests.map(({ manifest }) => `${image.gun}@${manifest.digest}`);
  if (digest !== undefined) context.setOutput('image', `${image.gun}@${digest}`);
  context.setOutput('images', names.join('\n'));
  context.setOutput('signed-tags', [...contents.keys()].join(','));
  context.setOutput('key-id', signed.signer.keyId);
  context.setOutput('role', signed.roles.join(','));
}

interface Prepared {
  readonly session: Session;
  /** To the sources. */
  readonly access: Access;
  readonly images: readonly VerifiedImage[];
  readonly plan: SigningPlan;
}

/** Everything that can fail without anything having been changed. */
async function prepare(
  { promotion, target, signing, context, log, progress }: Run,
  inputs: InputValues,
): Promise<Prepared> {
  const azure = context.access.azure(target.image.registry);
  const opening = openSigning(signing, azure, context);
  const session = await log.group('Registry login', async () => {
    const opened = await context.access.session(placeOf(target));
    await requirePush(opened, target);
    return opened;
  });
  const planning = startPreflight(target, session, opening, context);
  const access = openSourceAccess(promotion, session, inputs, context, log);
  const images = await log.group('Source', () =>
    verifySources({ promotion, access, context, log }),
  );
  progress.images = images;
  const plan = await log.group('Trust data', async () => {
    await checkShared(target, session, opening, context);
    return planning();
  });
  progress.plan = plan;
  return { session, access, images, plan };
}

/** What each tag of the target is to stand for. */
function contentsOf(images: readonly VerifiedImage[]): ReadonlyMap<string, TagContent> {
  return new Map(
    images.flatMap(({ tags, manifest: { digest, length } }) =>
      tags.map((tag) => [tag, { digest, length }] as const),
    ),
  );
}

/**
 * Puts every tag that does not stand for its image yet, and makes sure that registry and trust data
 * agree in the end.
 * @returns how many tags were put.
 */
async function tagAll(
  { target: { image }, context, log, progress }: Run,
  images: readonly VerifiedImage[],
  session: Session,
  plan: SigningPlan,
  { view }: SignedResult,
): Promise<number> {
  const standing = await lookUpTags(session.images, image, image.tags);
  let count = 0;
  for (const { manifest, tags } of byManifest(images)) {
    const missing = tags.filter((tag) => standing.get(tag) !== manifest.digest);
    if (missing.length > 0) {
      await putTags(session.images, { ...image, tags: missing }, manifest, progress);
    }
    count += missing.length;
    const reconciliation = { images: session.images, image: { ...image, tags }, plan, manifest };
    await reconcileTags({ ...reconciliation, seen: view }, progress, context);
    for (const tag of tags) log.info(`${image.gun}:${tag}  ${manifest.digest}`);
  }
  return count;
}

/** Each manifest once, with all its tags. */
function byManifest(
  images: readonly VerifiedImage[],
): readonly { readonly manifest: Manifest; readonly tags: readonly string[] }[] {
  const digests = new Set(images.map(({ manifest }) => manifest.digest));
  return [...digests].flatMap((digest) => {
    const same = images.filter(({ manifest }) => manifest.digest === digest);
    const [first] = same;
    return first ? [{ manifest: first.manifest, tags: same.flatMap(({ tags }) => tags) }] : [];
  });
}

function isPublishedBefore(plan: SigningPlan, { view }: SignedResult): boolean {
  return plan.view?.snapshot.signed.version === view.snapshot.signed.version;
}

function isAllThere({ copies }: Progress): boolean {
  return [...copies.values()].every(({ manifests }) => manifests === 0);
}
