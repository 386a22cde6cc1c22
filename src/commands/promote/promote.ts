/**
 * Copies signed images to another repository and signs them there: verified at the source, copied by
 * digest, signed in one publish, and only then put under their tags. Nothing is copied that cannot
 * be signed, and no tag is put that is not.
 */
import { messageOf } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import type { Log } from '../../ports.js';
import type { Manifest } from '../../registry/index.js';
import type { Configuration, SigningConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { collectWarnings } from '../report/collect-warnings.js';
import type { SignedResult, TaggedContent } from '../report/journal.js';
import { writeTrustReport, type TagState } from '../report/report.js';
import { openAzure, openSession, requirePush, type Session } from '../session/session.js';
import { putTags } from '../signing/put-tags.js';
import { settleTags } from '../signing/settle-tags.js';
import { signNoted } from '../signing/sign-noted.js';
import { tellUntagged } from '../signing/sign-tags.js';
import {
  beginSigning,
  examine,
  prepareSigning,
  type SigningPlan,
} from '../signing/signing-preflight.js';
import { lookUpTags } from '../signing/standing.js';
import { readPromotion, type Promotion } from './configuration.js';
import { carryOut, factsOf, planCopies, targetOf } from './copy.js';
import { factsOfRun, startProgress, type Progress } from './progress.js';
import {
  promotionReport,
  promotionSummary,
  promotionTable,
  type PromotionFacts,
} from './report.js';
import { openSourceAccess, tellAttached, verifySources, type VerifiedImage } from './source.js';

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
    progress: startProgress(),
  };
  const tell = async (failure?: { readonly thrown: unknown }): Promise<void> => {
    const facts = factsOfRun(promotion, run.progress, warnings, failure);
    const report = promotionReport(facts);
    const file = await writeTrustReport(report, target.reportPath, context);
    context.setOutput('trust-report', file);
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
    try {
      await tell({ thrown });
    } catch (trouble) {
      // What failed first is what the user has to hear of.
      log.warn(`The report of this run could not be written: ${messageOf(trouble)}`);
    }
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
  const { session, images, plan } = await prepare(run, inputs);
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
  tellDigest(images, run);
  const contents = contentsOf(images);
  const journal = {
    log,
    noteTagState: (state: TagState) => {
      progress.state = state;
    },
  };
  const signed = await log.group('Signature', () =>
    tellUntagged(image.gun, { kind: 'by-digest' }, () =>
      signNoted(plan, contents, context, journal, { known: plan.view }),
    ),
  );
  progress.signed = signed;
  progress.state = 'signed-unsettled';
  const put = await log.group('Tags', () => tagAll(run, images, session, plan, signed));
  progress.state = 'signed';
  progress.unchanged = put === 0 && isPublishedBefore(plan, signed) && isAllThere(progress);
  const names = byManifest(images).map(({ manifest }) => `${image.gun}@${manifest.digest}`);
  context.setOutput('images', names.join('\n'));
  context.setOutput('signed-tags', [...contents.keys()].join(','));
  context.setOutput('key-id', signed.signer.keyId);
  context.setOutput('role', signed.roles.join(','));
}

/** Known as soon as the content is there, whatever becomes of the signature. */
function tellDigest(images: readonly VerifiedImage[], { target, context }: Run): void {
  const [first, ...others] = byManifest(images);
  if (!first || others.length > 0) return;
  context.setOutput('digest', first.manifest.digest);
  context.setOutput('image', `${target.image.gun}@${first.manifest.digest}`);
}

interface Prepared {
  readonly session: Session;
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
  const images = await log.group('Source', () => {
    const access = openSourceAccess(promotion, session, inputs, context, log);
    return verifySources(promotion, access, context, log);
  });
  progress.images = images;
  const plan = await log.group('Trust data', () =>
    prepareSigning(target, signing, session, context, log, examination),
  );
  progress.plan = plan;
  return { session, images, plan };
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
): Promise<number> {
  const standing = await lookUpTags(session.images, image, image.tags);
  let count = 0;
  for (const { manifest, tags } of byManifest(images)) {
    const missing = tags.filter((tag) => standing.get(tag) !== manifest.digest);
    if (missing.length > 0) await putTags(session.images, { ...image, tags: missing }, manifest);
    count += missing.length;
    await settleTags(
      {
        images: session.images,
        image: { ...image, tags },
        plan,
        manifest,
        hasPut: true,
        seen: view,
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
