/**
 * Copies signed images to another repository and signs them there: verified at the source, copied by
 * digest, signed in one publish, and only then put under their tags. Nothing is copied that cannot
 * be signed, and no tag is put that is not.
 */
import { requirePush } from '../../azure/index.js';
import {
  copyImages,
  lookUpTags,
  planCopies,
  plannedFacts,
  type Manifest,
  type RepositoryAccess,
} from '../../registry/index.js';
import type { TagContent } from '../../trust/index.js';
import type { Session } from '../../access/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import {
  kindsOf,
  attachSignatures,
  describeSigner,
  openNotaryProject,
  type NotaryProjectPlan,
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
  reportProgress,
  tagAttached,
  tagSigned,
  afterReadBack,
  signTags,
  type SignedResult,
} from '../../image-signing/index.js';
import type { OutputValues } from '../../report/report.js';
import { parsePromotion, promoteInputs, type Promotion } from './promote-inputs.js';
import {
  promoteOutputs,
  promotionReport,
  startProgress,
  type PromoteOutput,
  type PromotionProgress,
} from './promotion-report.js';
import { copySignatures, planSignatures } from './copy-signatures.js';
import { recheckSources, verifySources, type VerifiedImage } from './source.js';

export const promote = defineCommand({
  name: 'promote',
  label: 'Promote',
  help: 'Copies signed images to another repository or registry, and signs them there. Verifies them at their source first, and copies by digest, with all platforms. Needs no Docker.',
  argument: 'source',
  example: ['source', 'registry', 'repository', 'signing-key'],
  inputs: promoteInputs,
  outputs: promoteOutputs,
  parse: parsePromotion,
  run: (promotion, run) => {
    const progress = startProgress();
    const { image } = promotion.target;
    const kinds = kindsOf(promotion.kinds);
    return reportProgress(
      run,
      () => [{ image, kinds, ...progress }],
      () => promoteImages(promotion, progress, run),
      (outputs = {}, failure) => promotionReport(promotion, progress, outputs, failure),
    );
  },
});

/**
 * @throws {TrustError} whatever an image is refused for at the source, before anything is copied;
 * whatever keeps it from being copied or signed, before any tag is put.
 */
async function promoteImages(
  promotion: Promotion,
  progress: PromotionProgress,
  run: Run<'digest'>,
): Promise<OutputValues<PromoteOutput>> {
  const { log, signal } = run;
  const { image } = promotion.target;
  const { session, images, plan, notaryProject } = await prepare(promotion, progress, run);
  const to: RepositoryAccess = { ...session.client, repository: image.repository, signal };
  const sources = images.map(({ gun, session: { client }, image: { repository }, manifest }) => ({
    gun,
    from: { ...client, repository, signal },
    manifest,
  }));
  const copies = await log.group('Content', () => planCopies(sources, to, log));
  progress.signatures = await planSignatures(copies, to, log);
  progress.copies = new Map(copies.map((copy) => [copy.digest, plannedFacts(copy.plan)]));
  if (promotion.dryRun) return {};
  const { signatures } = progress;
  const copied = await log.group('Copy', async () => {
    progress.state = { kind: 'pushing-untagged', under: 'no tag' };
    progress.copies = await copyImages(copies, to, log);
    progress.state = { kind: 'pushed-untagged', under: 'no tag' };
    return copySignatures(copies, to, signatures, log);
  });
  const manifests = byManifest(images);
  const [only, ...others] = manifests;
  const digest = only && others.length === 0 ? only.manifest.digest : undefined;
  if (digest !== undefined) run.setOutput('digest', digest);
  const contents = contentsOf(images);
  const recheck = () => recheckSources(promotion, images, run);
  // What is signed twice is signed for its digest first: its tags then follow.
  if (notaryProject) {
    await log.group('Notary Project signature', () =>
      attachSignatures(image, behindTags(images), session, notaryProject, run, progress),
    );
  }
  const signed =
    plan &&
    (await log.group('Signature', () =>
      signTags({ plan, contents, recheck }, plan.view, progress, run),
    ));
  if (!signed) {
    await recheck();
    progress.state = afterReadBack(progress.state, image.tags);
  }
  const put = await log.group('Tags', async () => {
    const found = await lookUpTags(session.images, image, image.tags);
    let count = 0;
    for (const { manifest, tags } of manifests) {
      const tagging = { images: session.images, image: { ...image, tags }, manifest };
      count += signed
        ? await tagSigned({ ...tagging, plan, seen: signed.result.view }, progress, run, found)
        : await tagAttached(tagging, progress, run, found);
    }
    return count;
  });
  progress.state = { kind: 'signed' };
  progress.unchanged =
    put + copied === 0 &&
    progress.attached.every(({ isNew }) => !isNew) &&
    (!signed || isPublishedBefore(plan, signed.result)) &&
    isAllThere(progress);
  return {
    image: digest && `${image.gun}@${digest}`,
    images: manifests.map(({ manifest }) => `${image.gun}@${manifest.digest}`).join('\n'),
    'signed-tags': [...contents.keys()].join(','),
    'key-id': signed?.result.signer.keyId,
    role: signed?.result.roles.join(','),
  };
}

interface Prepared {
  readonly session: Session;
  readonly images: readonly VerifiedImage[];
  /** Undefined where nothing is signed for Docker Content Trust. */
  readonly plan: SigningPlan | undefined;
  readonly notaryProject: NotaryProjectPlan | undefined;
}

/** Everything that can fail without anything having been changed. */
async function prepare(
  promotion: Promotion,
  progress: PromotionProgress,
  run: Run,
): Promise<Prepared> {
  const { target, signing, kinds } = promotion;
  const { registry } = target.image;
  const { log, access } = run;
  if (!signing) throw new TypeError('promote was configured without a signing key');
  const azure = access.azure(registry);
  const opening = kinds.isDct ? openSigning(signing, azure, run) : undefined;
  const openingChain =
    kinds.notaryProject && openNotaryProject(kinds.notaryProject, azure, run, true);
  const session = await log.group('Registry login', async () => {
    const opened = await access.session({ registry, trustServer: target.trustServer });
    await requirePush(opened, target);
    return opened;
  });
  const finishPreflight = opening && startPreflight(target, session, opening, run);
  const images = await log.group('Source', () => verifySources(promotion, run));
  progress.images = images;
  const plan =
    opening &&
    (await log.group('Trust data', async () => {
      await checkShared(target, session, opening, run);
      return finishPreflight?.();
    }));
  if (plan) progress.plan = plan;
  const notaryProject =
    openingChain && (await log.group('Certificate', () => describeSigner(openingChain, run)));
  return { session, images, plan, notaryProject };
}

/** What each tag of the target is to point to. */
function contentsOf(images: readonly VerifiedImage[]): ReadonlyMap<string, TagContent> {
  return new Map(
    images.flatMap(({ tags, manifest: { digest, length } }) =>
      tags.map((tag) => [tag, { digest, length }] as const),
    ),
  );
}

function behindTags(images: readonly VerifiedImage[]): ReadonlyMap<string, Manifest> {
  return new Map(
    images.flatMap(({ tags, manifest }) => tags.map((tag) => [tag, manifest] as const)),
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

function isPublishedBefore(plan: SigningPlan, { view }: SignedResult): boolean {
  return plan.view?.snapshot.signed.version === view.snapshot.signed.version;
}

function isAllThere({ copies }: PromotionProgress): boolean {
  return [...copies.values()].every(({ manifests }) => manifests === 0);
}
