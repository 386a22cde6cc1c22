/**
 * The second half of the main job, as steps from one state of the registry to the next
 * (registry-state.ts): push, then signature, then tags where those come last.
 */
import { lookUpPushed, resolvePushed, type BuildResult } from '../../docker/index.js';
import { lookUpTags, movedBefore, type Manifest, type TagDigests } from '../../registry/index.js';
import { readRepository, type TrustedView } from '../../trust/index.js';
import { startInBackground } from '../../concurrency.js';
import type { Run } from '../run.js';
import {
  noteContents,
  type SigningPlan,
  attachSignatures,
  type NotaryProjectPlan,
  requireTags,
  tagAttached,
  tagSigned,
  afterReadBack,
  reconcileTags,
  initialiseForDocker,
  readBackDockerTags,
  requireNoneMoved,
  signTags,
  type SignedResult,
  type SigningRequest,
  stagingTagPrefix,
  type TagOrder,
} from '../../image-signing/index.js';
import { pushImage, type Job } from './push.js';

/**
 * Pushes, signs and reads back.
 * @throws {TrustError} for whatever keeps the tags from being signed.
 */
export async function pushAndSign(
  job: Job,
  built: BuildResult | undefined,
  run: Run<'digest'>,
): Promise<void> {
  const { configuration, plan, notaryProject, progress, session, order } = job;
  const { image } = configuration;
  const { log } = run;
  const view = (await initialise(job, run)) ?? plan?.view;
  const wanted = { ...image, tags: tagsBeforeSigning(order, image.tags) };
  let started: Look | undefined;
  const look = (): Look => (started ??= lookAfterPush(job, wanted, run));
  const content = await pushImage(job, built, view, run, look);
  const { lookedAtMs, tagged, known } = look();
  const manifest = await log.group('Digest', async () => {
    const found = await resolvePushed(session.images, wanted, content, await tagged);
    log.info(`${image.gun}@${found.digest}  ${found.length} bytes`);
    return found;
  });
  noteContents(progress, new Map(image.tags.map((tag) => [tag, manifest])), run);
  if (!plan && !notaryProject) {
    log.warn(`${image.gun} was pushed without a signature: ${image.tags.join(', ')}.`);
    return;
  }
  // What is signed twice is signed for its digest first: its tags are then moved to nothing unsigned.
  if (notaryProject) {
    await log.group('Notary Project signature', () => attach(job, notaryProject, manifest, run));
  }
  const result =
    plan &&
    known &&
    (await log.group('Signature', () => sign(job, plan, { manifest, lookedAtMs }, known, run)));
  if (order.kind !== 'tags-first' || !plan) {
    await log.group('Tags', () => tag(job, manifest, result?.view, run));
  }
  progress.state = { kind: 'signed' };
}

/** What is read once the image is pushed; each fails where it is awaited. */
interface Look {
  readonly lookedAtMs: number;
  /** What the tags point to. */
  readonly tagged: Promise<readonly (Manifest | undefined)[]>;
  /** The build took its time: the trust data as it is by now. */
  readonly known: Promise<TrustedView | undefined> | undefined;
}

function lookAfterPush(
  { plan, session }: Job,
  wanted: Parameters<typeof lookUpPushed>[1],
  run: Run,
): Look {
  return {
    lookedAtMs: run.clock().getTime(),
    tagged: startInBackground(lookUpPushed(session.images, wanted)),
    known: plan && startInBackground(readAgain(plan, run)),
  };
}

/** Attaches the Notary Project signatures. Without others, the image is signed then. */
async function attach(
  { configuration: { image }, session, plan, progress }: Job,
  notaryProject: NotaryProjectPlan,
  manifest: Manifest,
  run: Run,
): Promise<void> {
  const manifests = new Map(image.tags.map((tag) => [tag, manifest]));
  await attachSignatures(image, manifests, session, notaryProject, run, progress);
  if (!plan) progress.state = afterReadBack(progress.state, image.tags);
}

/** Docker engine only: it gets trust data before it pushes. */
async function initialise({ plan, progress }: Job, run: Run): Promise<TrustedView | undefined> {
  if (plan?.engine !== 'docker' || !plan.root) return undefined;
  const initialised = await run.log.group('Initialisation', () => initialiseForDocker(plan, run));
  progress.initialised = initialised?.kind === 'created';
  return initialised?.view;
}

async function readAgain(
  { engine, server, pins, view }: SigningPlan,
  { clock, signal }: Run,
): Promise<TrustedView | undefined> {
  if (engine === 'docker' || !view) return undefined;
  return readRepository(server, { pins, now: clock(), previous: view, signal });
}

/** From pushed to signed and read back. With tags first, they are reconciled as well. */
async function sign(
  { configuration: { image }, session: { images }, order, progress }: Job,
  plan: SigningPlan,
  { manifest, lookedAtMs }: { readonly manifest: Manifest; readonly lookedAtMs: number },
  known: Promise<TrustedView | undefined>,
  run: Run,
): Promise<SignedResult> {
  const { contents } = progress;
  const isTagged = order.kind === 'tags-first';
  const reconcile = (seen?: TrustedView, first?: TagDigests): Promise<void> =>
    reconcileTags({ images, image, plan, manifest, seen, first }, progress, run);
  const references =
    order.kind === 'by-digest' ? [manifest.digest] : tagsBeforeSigning(order, image.tags);
  const request: SigningRequest = {
    plan,
    contents,
    lookedAtMs,
    recheck: async () => {
      const wanted = new Map(references.map((reference) => [reference, manifest]));
      const found = await lookUpTags(images, image, references);
      requireNoneMoved(image.gun, movedBefore(image.gun, wanted, found));
    },
    ...(isTagged && { look: () => lookUpTags(images, image, image.tags), onOvertaken: reconcile }),
  };
  const { result, found } =
    plan.engine === 'docker'
      ? await readBackDockerTags(request, progress.initialised, progress, run)
      : await signTags(request, await known, progress, run);
  if (found) await reconcile(result.view, found);
  return result;
}

/**
 * From signed without tags to signed: puts the tags, and reconciles them. Where no trust data says
 * which run is the last, the one is that put the tag last.
 */
async function tag(
  { configuration: { image }, session: { images }, plan, order, progress }: Job,
  manifest: Manifest,
  seen: TrustedView | undefined,
  run: Run,
): Promise<void> {
  if (plan) {
    await tagSigned({ images, image, plan, manifest, seen }, progress, run);
  } else if (order.kind === 'tags-first') {
    await requireTags(images, image, manifest, progress, run);
  } else {
    await tagAttached({ images, image, manifest }, progress, run);
  }
  if (order.kind === 'staging-tag') {
    run.log.info(
      `The staging tag ${order.tag} remains. Tags ${stagingTagPrefix}… can be purged at any time after their run.`,
    );
  }
}

/** The tags under which the image is in the registry before it is signed. */
function tagsBeforeSigning(order: TagOrder, tags: readonly string[]): readonly string[] {
  switch (order.kind) {
    case 'tags-first':
      return tags;
    case 'by-digest':
      return [];
    case 'staging-tag':
      return [order.tag];
  }
}
