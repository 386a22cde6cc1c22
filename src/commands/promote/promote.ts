/**
 * Copies signed images to another repository and signs them there: verified at the source, copied by
 * digest, signed in one publish, and only then put under their tags. Nothing is copied that cannot
 * be signed, and no tag is put that is not.
 */
import type { Manifest, RepositoryAccess } from '../../registry/index.js';
import type { TagContent } from '../../trust/index.js';
import type { Session } from '../access/access.js';
import { defineCommand } from '../command.js';
import type { Run } from '../context.js';
import type { Report } from '../report/report-model.js';
import {
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
} from '../signing/preflight.js';
import { putTags } from '../signing/put-tags.js';
import { reconcileTags } from '../signing/reconcile-tags.js';
import { requirePush } from '../signing/registry-rights.js';
import { aftermathOf } from '../signing/registry-state.js';
import { lookUpTags } from '../signing/registry-tags.js';
import { signTags, type SignedResult } from '../signing/sign-tags.js';
import { carryOut, factsOf, planCopies } from './copy.js';
import { parsePromotion, promoteInputs, type Promotion } from './promote-inputs.js';
import { promotionReport, startProgress, type PromotionProgress } from './promotion-report.js';
import { recheckSources, tellAttached, verifySources, type VerifiedImage } from './source.js';

export const promote = defineCommand({
  name: 'promote',
  label: 'Promote',
  help: 'Copies images that are signed at their source to another repository or registry, by digest and with all platforms, and signs them there. Needs no Docker.',
  inputs: promoteInputs,
  parse: parsePromotion,
  run: async (promotion, run) => {
    const progress = startProgress();
    const { image } = promotion.target;
    run.onFailure(() => aftermathOf([{ image, state: progress.state }]));
    try {
      const outputs = await promoteImages(promotion, progress, run);
      return promotionReport(promotion, progress, outputs);
    } catch (failure) {
      return promotionReport(promotion, progress, {}, failure);
    }
  },
});

/**
 * @throws {TrustError} whatever an image is refused for at the source, before anything is copied;
 * whatever keeps it from being copied or signed, before any tag is put.
 */
async function promoteImages(
  promotion: Promotion,
  progress: PromotionProgress,
  run: Run,
): Promise<Report['outputs']> {
  const { log, signal } = run;
  const { image } = promotion.target;
  const { session, images, plan } = await prepare(promotion, progress, run);
  const to: RepositoryAccess = { ...session.client, repository: image.repository, signal };
  const copies = await log.group('Content', () => planCopies(images, to, log));
  tellAttached(images, log);
  progress.copies = new Map(copies.map((copy) => [copy.digest, factsOf(copy.plan)]));
  if (promotion.dryRun) return {};
  await log.group('Copy', async () => {
    progress.state = { kind: 'pushing-untagged', under: 'no tag' };
    progress.copies = await carryOut(copies, to, log);
    progress.state = { kind: 'pushed-untagged', under: 'no tag' };
  });
  const manifests = byManifest(images);
  const [only, ...others] = manifests;
  const digest = only && others.length === 0 ? only.manifest.digest : undefined;
  if (digest !== undefined) run.setOutput('digest', digest);
  const contents = contentsOf(images);
  const recheck = () => recheckSources(promotion, images, run);
  const { result: signed } = await log.group('Signature', () =>
    signTags({ plan, contents, recheck }, plan.view, progress, run),
  );
  const tagging = { image, manifests, session, plan, signed };
  const put = await log.group('Tags', () => tagAll(tagging, progress, run));
  progress.state = { kind: 'signed' };
  progress.unchanged = put === 0 && isPublishedBefore(plan, signed) && isAllThere(progress);
  return {
    image: digest && `${image.gun}@${digest}`,
    images: manifests.map(({ manifest }) => `${image.gun}@${manifest.digest}`).join('\n'),
    'signed-tags': [...contents.keys()].join(','),
    'key-id': signed.signer.keyId,
    role: signed.roles.join(','),
  };
}

interface Prepared {
  readonly session: Session;
  readonly images: readonly VerifiedImage[];
  readonly plan: SigningPlan;
}

/** Everything that can fail without anything having been changed. */
async function prepare(
  promotion: Promotion,
  progress: PromotionProgress,
  run: Run,
): Promise<Prepared> {
  const { target, signing } = promotion;
  const { registry } = target.image;
  const { log, access } = run;
  if (!signing) throw new TypeError('promote was configured without a signing key');
  const opening = openSigning(signing, access.azure(registry), run);
  const session = await log.group('Registry login', async () => {
    const opened = await access.session({ registry, trustServer: target.trustServer });
    await requirePush(opened, target);
    return opened;
  });
  const finishPreflight = startPreflight(target, session, opening, run);
  const images = await log.group('Source', () => verifySources(promotion, run));
  progress.images = images;
  const plan = await log.group('Trust data', async () => {
    await checkShared(target, session, opening, run);
    return finishPreflight();
  });
  progress.plan = plan;
  return { session, images, plan };
}

/** What each tag of the target is to point to. */
function contentsOf(images: readonly VerifiedImage[]): ReadonlyMap<string, TagContent> {
  return new Map(
    images.flatMap(({ tags, manifest: { digest, length } }) =>
      tags.map((tag) => [tag, { digest, length }] as const),
    ),
  );
}

/** A manifest with all its tags. */
interface TaggedManifest {
  readonly manifest: Manifest;
  readonly tags: readonly string[];
}

/** Each manifest once. */
function byManifest(images: readonly VerifiedImage[]): readonly TaggedManifest[] {
  const digests = new Set(images.map(({ manifest }) => manifest.digest));
  return [...digests].flatMap((digest) => {
    const same = images.filter(({ manifest }) => manifest.digest === digest);
    const [first] = same;
    return first ? [{ manifest: first.manifest, tags: same.flatMap(({ tags }) => tags) }] : [];
  });
}

interface Tagging {
  readonly image: Promotion['target']['image'];
  readonly manifests: readonly TaggedManifest[];
  readonly session: Session;
  readonly plan: SigningPlan;
  readonly signed: SignedResult;
}

/**
 * Puts every tag that does not point to its image yet, and makes sure that registry and trust data
 * agree in the end.
 * @returns how many tags were put.
 */
async function tagAll(
  { image, manifests, session: { images }, plan, signed }: Tagging,
  progress: PromotionProgress,
  run: Run,
): Promise<number> {
  const found = await lookUpTags(images, image, image.tags);
  let count = 0;
  for (const { manifest, tags } of manifests) {
    const missing = tags.filter((tag) => found.get(tag) !== manifest.digest);
    if (missing.length > 0) {
      await putTags(images, { ...image, tags: missing }, manifest, progress);
    }
    count += missing.length;
    const reconciliation = { images, image: { ...image, tags }, plan, manifest };
    await reconcileTags({ ...reconciliation, seen: signed.view }, progress, run);
    for (const tag of tags) run.log.info(`${image.gun}:${tag}  ${manifest.digest}`);
  }
  return count;
}

function isPublishedBefore(plan: SigningPlan, { view }: SignedResult): boolean {
  return plan.view?.snapshot.signed.version === view.snapshot.signed.version;
}

function isAllThere({ copies }: PromotionProgress): boolean {
  return [...copies.values()].every(({ manifests }) => manifests === 0);
}
