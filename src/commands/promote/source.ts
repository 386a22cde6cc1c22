/**
 * The source of a promotion: the proof that its images are signed. What is copied is what is signed,
 * not what the tag happens to point to.
 */
import { mapConcurrent } from '../../concurrency.js';
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import { formatImageReference, type Manifest } from '../../registry/index.js';
import type { Session } from '../../access/index.js';
import type { Run } from '../run.js';
import {
  judgeAll,
  loadTrustData,
  openSignatureLookup,
  failureOf,
  type Verdict,
} from '../../verification/index.js';
import type { PromotedImage, Promotion } from './promote-inputs.js';

/** An image that is signed at its source. */
export interface VerifiedImage extends PromotedImage {
  readonly session: Session;
  /** The signed manifest or index, as its registry serves it. */
  readonly manifest: Manifest;
  readonly roles: readonly string[];
  readonly signers: readonly string[];
}

/**
 * Verifies every image in full, by the kinds of signatures that the inputs require.
 * @throws {TrustError} TAG_NOT_SIGNED, SIGNATURE_MISSING, POLICY_NOT_MET and whatever else an image is
 * refused for, once all have been looked at.
 */
export async function verifySources(
  promotion: Promotion,
  run: Run,
): Promise<readonly VerifiedImage[]> {
  const verdicts = await judgeSources(promotion, run);
  for (const { request, digest = '', signers, roles } of verdicts) {
    const { host, repository, tag = '' } = request.image;
    const name = formatImageReference({ host, repository, tag });
    const inRoles = roles.length === 0 ? '' : ` (${roles.join(', ')})`;
    run.log.info(`${name}  ${digest}  signed by ${signers.join(', ')}${inRoles}`);
  }
  return mapConcurrent(
    [...promotion.images.entries()],
    limits.concurrentRepositories,
    ([index, image]) => fetchVerified(image, verdicts[index], promotion, run),
  );
}

/**
 * Makes sure that the sources still say what was copied: a copy takes time, and a newer image may
 * have been signed, and promoted by another run, since.
 * @throws {TrustError} TAG_MOVED, and as verifySources.
 */
export async function recheckSources(
  promotion: Promotion,
  verified: readonly VerifiedImage[],
  run: Run,
): Promise<void> {
  // It was all said the first time.
  const log = { ...run.log, info: () => undefined, warn: () => undefined };
  const verdicts = await judgeSources(promotion, { ...run, log });
  verified.forEach(({ reference, manifest }, index) => {
    const digest = verdicts[index]?.digest;
    if (digest === manifest.digest) return;
    throw new TrustError(
      'TAG_MOVED',
      `${reference} is signed for ${digest ?? 'nothing'} now, not for ${manifest.digest}, which this run has copied: another run signed it since.`,
      { remedy: 'Run the step again to promote what is signed at the source now.' },
    );
  });
}

/** @throws {TrustError} unless all of them are verified. */
async function judgeSources(promotion: Promotion, run: Run): Promise<readonly Verdict[]> {
  const { images, requiredRoles, sourceSignatures, trustServer } = promotion;
  const asking: Run = {
    ...run,
    // What is said of pins here is about those of the source.
    nameInput: (name) => run.nameInput(name === 'trust-pin' ? 'source-trust-pin' : name),
  };
  const lookup =
    sourceSignatures && (await openSignatureLookup(sourceSignatures, trustServer, asking));
  const byTrustData = images.filter(({ gun }) => lookup?.requires(gun) !== 'notary-project');
  const repositories = await loadTrustData(byTrustData, promotion, asking);
  const policy = {
    requiredRoles,
    warnExpiryDays: 0,
    allowUnsigned: [],
    allowMovedTags: false,
    // What is copied is the digest.
    isUsedByDigest: () => true,
  };
  const verdicts = await judgeAll(images, repositories, policy, asking, lookup);
  const failure = failureOf(verdicts);
  if (failure) throw failure;
  return verdicts;
}

async function fetchVerified(
  promoted: PromotedImage,
  verdict: Verdict | undefined,
  { trustServer }: Promotion,
  { access }: Run,
): Promise<VerifiedImage> {
  const { repository } = promoted.image;
  const { digest = '', roles = [], signers = [] } = verdict ?? {};
  const session = await access.sessionToRead(promoted.image, trustServer);
  const manifest = await session.images.getManifest(repository, digest);
  if (!manifest) {
    throw new TrustError('MANIFEST_NOT_FOUND', `${promoted.gun}@${digest} is not there any more.`, {
      remedy: 'It was deleted while this run was verifying it. Push and sign it again.',
    });
  }
  return { ...promoted, session, manifest, roles, signers };
}
