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
import { checkReportPath, writeTrustReport } from '../report/report.js';
import { openAzure, openSession, requirePush, type Session } from '../session/session.js';
import { putTags } from '../signing/put-tags.js';
import { settleTags } from '../signing/settle-tags.js';
import { signTags, tellUntagged } from '../signing/sign-tags.js';
import {
  beginSigning,
  examine,
  nameOfPin,
  prepareSigning,
  type SigningPlan,
} from '../signing/signing-preflight.js';
import { lookUpTags } from '../signing/standing.js';
import { readPromotion, type Promotion } from './configuration.js';
import { carryOut, factsOf, planCopies, targetOf, type CopyFacts } from './copy.js';
import {
  promotionReport,
  promotionSummary,
  promotionTable,
  type PromotionFacts,
} from './report.js';
import { openSourceAccess, verifySources, type VerifiedImage } from './source.js';

/**
 * Runs `promote`.
 * @throws {TrustError} whatever an image is refused for at the source, before anything is copied;
 * whatever keeps it from being copied or signed, before any tag is put.
 */
export async function promoteImages(inputs: InputValues, context: RunContext): Promise<void> {
  const promotion = readPromotion(inputs, context.workingDirectory, context.nameInput);
  const { target, dryRun } = promotion;
  const { signing, image } = target;
  if (!signing) throw new TypeError('promote was configured without a signing key');
  await checkReportPath(target.reportPath);
  const { log, warnings } = collectWarnings(context.log);
  const run: Run = { promotion, target, signing, context: { ...context, log }, log };

  const { session, images, plan } = await prepare(run, inputs);
  const to = targetOf(image, session, context);
  const copies = await log.group('Content', () => planCopies(images, to, log));
  tellAttached(images, log);
  const planned = new Map(copies.map(({ digest, plan }) => [digest, factsOf(plan)]));
  if (dryRun) {
    const facts = factsFor(run, images, planned, plan, undefined, warnings);
    await conclude(facts, run, 'Dry run', 'Nothing was changed.');
    return;
  }
  const copied = await log.group('Copy', () => carryOut(copies, to, log));
  context.setOutput('images', byDigest(images, image.gun).join('\n'));
  const [only, ...others] = byDigest(images, image.gun);
  if (only !== undefined && others.length === 0) {
    context.setOutput('image', only);
    context.setOutput('digest', images[0]?.manifest.digest ?? '');
  }
  const contents = contentsOf(images);
  const signed = await log.group('Signature', () =>
    tellUntagged(image.gun, { kind: 'by-digest' }, () =>
      signTags(plan, contents, context, log, { known: plan.view }),
    ),
  );
  const put = await log.group('Tags', () => tagAll(run, images, session, plan, signed));
  context.setOutput('signed-tags', [...contents.keys()].join(','));
  context.setOutput('key-id', signed.signer.keyId);
  context.setOutput('role', signed.roles.join(','));
  const isUnchanged = put === 0 && isPublishedBefore(plan, signed) && isAllThere(copied);
  const facts = factsFor(run, images, copied, plan, signed, warnings);
  await conclude(
    { ...facts, unchanged: isUnchanged },
    run,
    'Images',
    isUnchanged
      ? 'All of it was there and signed before: nothing was copied, signed or tagged.'
      : `${signed.roles.join(', ')}  key ${signed.signer.keyId}`,
  );
}

interface Run {
  readonly promotion: Promotion;
  readonly target: Configuration;
  readonly signing: SigningConfiguration;
  readonly context: RunContext;
  readonly log: Log;
}

interface Prepared {
  readonly session: Session;
  readonly images: readonly VerifiedImage[];
  readonly plan: SigningPlan;
}

/** Everything that can fail without anything having been changed. */
async function prepare(
  { promotion, target, signing, context, log }: Run,
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
  const plan = await log.group('Trust data', () =>
    prepareSigning(target, signing, session, context, log, examination),
  );
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

function byDigest(images: readonly VerifiedImage[], gun: string): readonly string[] {
  return byManifest(images).map(({ manifest }) => `${gun}@${manifest.digest}`);
}

/** Signatures that stay behind with the old place are easily missed, so the run says which. */
function tellAttached(images: readonly VerifiedImage[], log: Log): void {
  for (const { reference, attached = [] } of images) {
    if (attached.length === 0) continue;
    const types = [...new Set(attached)].sort().join(', ');
    log.warn(
      `${reference} has ${attached.length} attached artifacts, which are not copied: ${types}. Attach them to the copy where they are needed.`,
    );
  }
}

function isPublishedBefore(plan: SigningPlan, { view }: SignedResult): boolean {
  return plan.view?.snapshot.signed.version === view.snapshot.signed.version;
}

function isAllThere(copied: ReadonlyMap<string, CopyFacts>): boolean {
  return [...copied.values()].every(({ manifests }) => manifests === 0);
}

function factsFor(
  { target: { image }, promotion: { dryRun } }: Run,
  images: readonly VerifiedImage[],
  copies: ReadonlyMap<string, CopyFacts>,
  plan: SigningPlan,
  signed: SignedResult | undefined,
  warnings: readonly string[],
): PromotionFacts {
  const { registry, repository, gun } = image;
  const { keyId, method, description } = plan.key.signer;
  const pinnedBy = plan.view?.pinnedBy;
  const planned = pinnedBy?.kind === 'pin' ? nameOfPin(pinnedBy.pin) : undefined;
  return {
    registry,
    repository,
    gun,
    dryRun,
    signed: signed !== undefined,
    unchanged: false,
    key: { id: keyId, method, description },
    roles: signed?.roles ?? plan.roles,
    initialised: signed?.initialised ?? false,
    pinnedBy: signed ? signed.pinnedBy : planned,
    images: images.flatMap(({ reference, manifest, tags, roles, signers, attached }) => {
      const { digest, length } = manifest;
      const copy = copies.get(digest);
      return copy
        ? [
            {
              source: reference,
              sourceSigners: signers,
              sourceRoles: roles,
              digest,
              length,
              image: `${gun}@${digest}`,
              tags,
              copy,
              attached,
            },
          ]
        : [];
    }),
    warnings,
  };
}

async function conclude(
  facts: PromotionFacts,
  { target: { reportPath }, context, log }: Run,
  title: string,
  last: string,
): Promise<void> {
  await log.group(title, () => {
    for (const line of promotionTable(facts)) log.info(line);
    log.info(last);
    return Promise.resolve();
  });
  const report = promotionReport(facts);
  const file = await writeTrustReport(report, reportPath, context.tempDirectory);
  context.setOutput('trust-report', file);
  await context.addSummary(promotionSummary(facts));
}
