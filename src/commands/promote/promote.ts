/**
 * Copies signed images to another repository and signs them there: verified at the source, copied by
 * digest, signed in one publish, and only then put under their tags. Nothing is copied that cannot
 * be signed, and no tag is put that is not.
 */
import type { InputValues } from '../../inputs/index.js';
import type { Log } from '../../ports.js';
import type { Manifest } from '../../registry/index.js';
import type { Configuration, SigningConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { collectWarnings } from '../report/collect-warnings.js';
import type { SignedResult, TaggedContent } from '../report/journal.js';
import { handOnReport } from '../report/report-file.js';
import { aftermathOf, type Aftermath } from '../report/tag-states.js';
import { openAzure, openSession, requirePush, type Session } from '../session/session.js';
import { putTags } from '../signing/put-tags.js';
import { settleTags } from '../signing/settle-tags.js';
import { signWithJournal, type SigningNotes } from '../signing/sign-with-journal.js';
import {
  beginSigning,
  examine,
  prepareSigning,
  type SigningPlan,
} from '../signing/signing-preflight.js';
import { lookUpTags } from '../signing/standing.js';
import { readPromotion, type Promotion } from './configuration.js';
import { carryOut, factsOf, planCopies, targetOf } from './copy.js';
import { factsOfRun, startProgress, taggedTarget, type Progress } from './progress.js';
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
  const { log, warnings } = collectWarnings(context.log);
  const run: Run = {
    promotion,
    target,
    signing: target.signing,
    context: { ...context, log },
    log,
    progress: startProgress(target.image.tags),
  };
  const aftermath = (): Aftermath => aftermathOf([taggedTarget(promotion, run.progress)]);
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
    progress.copied = 'unknown';
    progress.copies = await carryOut(copies, to, log);
    progress.copied = 'yes';
  });
  const manifests = byManifest(images);
  const [only, ...others] = manifests;
  const digest = only && others.length === 0 ? only.manifest.digest : undefined;
  if (digest !== undefined) context.setOutput('digest', digest);
  const contents = contentsOf(images);
  const journal: SigningNotes = {
    log,
    noteTagState: (state, tags) => {
      progress.states.note(state, tags);
    },
    tagState: (tag) => progress.states.of(tag),
    noteReadBack: (result) => {
      progress.signed = result;
      progress.states.note('signed-untagged');
    },
  };
  const { result: signed } = await log.group('Signature', () =>
    signWithJournal(plan, contents, context, journal, {
      known: plan.view,
      recheck: () => recheckSources({ promotion, access, context, log }, images),
    }),
  );
  const put = await log.group('Tags', () => tagAll(run, images, session, plan, signed, journal));
  progress.states.note('signed');
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
  const azure = openAzure(target, inputs, context);
  const opening = beginSigning(signing, azure, context);
  const session = await log.group('Registry login', async () => {
    const opened = await openSession(target, inputs, context, azure);
    await requirePush(opened, target);
    return opened;
  });
  const examination = examine(target, session, context, opening);
  const access = openSourceAccess(promotion, session, inputs, context, log);
  const images = await log.group('Source', () =>
    verifySources({ promotion, access, context, log }),
  );
  progress.images = images;
  const plan = await log.group('Trust data', () =>
    prepareSigning(target, signing, session, context, log, examination),
  );
  progress.plan = plan;
  return { session, access, images, plan };
}

/** What each tag of the target is to stand for. */
function contentsOf(images: readonly VerifiedImage[]): ReadonlyMap<string, TaggedContent> {
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
  { target: { image }, context, log }: Run,
  images: readonly VerifiedImage[],
  session: Session,
  plan: SigningPlan,
  { view }: SignedResult,
  journal: Pick<SigningNotes, 'noteTagState'>,
): Promise<number> {
  const standing = await lookUpTags(session.images, image, image.tags);
  let count = 0;
  for (const { manifest, tags } of byManifest(images)) {
    const missing = tags.filter((tag) => standing.get(tag) !== manifest.digest);
    if (missing.length > 0) {
      await putTags(session.images, { ...image, tags: missing }, manifest, journal);
    }
    count += missing.length;
    await settleTags(
      {
        images: session.images,
        image: { ...image, tags },
        plan,
        manifest,
        hasPut: true,
        seen: view,
        noteTagState: journal.noteTagState,
      },
      context,
      log,
    );
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
