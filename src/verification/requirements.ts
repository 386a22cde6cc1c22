/**
 * What a signed image has to be besides signed. Each requirement is one function that gives one
 * finding; a new one joins the list at the end, and nothing else changes.
 */
import type { ImageRequest } from '../deployment-files/index.js';
import { TrustError, isTrustError } from '../errors.js';
import type { Machine } from '../ports.js';
import { ageProblem, imageDatesOf, type Manifest, type NamePattern } from '../registry/index.js';
import type { RoleName } from '../trust/index.js';
import type { Session } from '../access/index.js';
import type { Finding, Verdict } from './verdict.js';

/** What is required of images. */
export interface VerifyPolicy {
  /** Roles that must all list the tag with the digest. */
  readonly requiredRoles: readonly RoleName[];
  /** Undefined: any age. */
  readonly maxAgeDays?: number | undefined;
  /** 0: no warning. */
  readonly warnExpiryDays: number;
  /** What may be unsigned. */
  readonly allowUnsigned: readonly NamePattern[];
  /** Whether a tag may point elsewhere in the registry than it is signed for. */
  readonly allowMovedTags: boolean;
  /** Whether what comes of this run is the digest, so that the tag in the registry does not matter. */
  readonly isUsedByDigest: (request: ImageRequest) => boolean;
}

/** What judging needs of a run. */
export type JudgingRun = Pick<Machine, 'clock' | 'log' | 'nameInput'>;

/** An image whose signature counts. */
export interface ImageToJudge {
  readonly request: ImageRequest;
  readonly signed: Pick<Verdict, 'tags' | 'roles' | 'signers' | 'expires'> & {
    readonly digest: string;
    /** Bytes of the manifest, as signed. */
    readonly length: number;
  };
  readonly session: Pick<Session, 'images' | 'readBlob'>;
  /** What the tag was while the trust data was read, where somebody looked. It may fail. */
  readonly early?: Promise<Manifest | undefined> | undefined;
}

/** The signed content in the registry, and what the tag is there, where one was asked for. */
export interface Content {
  readonly manifest: Manifest;
  /** What the tag is instead; undefined where it is as signed, or none was asked for. */
  readonly moved: string | undefined;
}

type Requirement = (
  image: ImageToJudge & { readonly content: Promise<Content> },
  policy: VerifyPolicy,
  run: JudgingRun,
) => Finding | Promise<Finding>;

const met: Finding = { problems: [] };

const signedByRoles: Requirement = ({ request, signed }, { requiredRoles }) => {
  const missing = requiredRoles.filter((role) => !signed.roles.includes(role));
  if (missing.length === 0) return met;
  const message = `${request.reference} is signed, but not by ${missing.join(' and ')}: ${signed.digest} is signed in ${signed.roles.join(', ')}.`;
  const remedy = 'Have it signed by whoever holds the keys of these roles.';
  return { problems: [{ code: 'POLICY_NOT_MET', message, remedy }] };
};

const tagNotMoved: Requirement = async (image, policy, { log, nameInput }) => {
  const { request, signed } = image;
  const { gun, tag, reference } = request;
  const { manifest, moved } = await image.content;
  if (manifest.length !== signed.length) {
    log.warn(
      `${reference} is signed with a size of ${signed.length} bytes, but has ${manifest.length}.`,
    );
  }
  if (moved === undefined) return met;
  const message = `${gun}:${String(tag)} is signed for ${signed.digest}, but the tag in the registry ${moved}.`;
  if (policy.allowMovedTags || policy.isUsedByDigest(request)) {
    log.warn(`${message} Use the image by digest.`);
    return met;
  }
  const name = `${gun}@${signed.digest}`;
  const remedy = [
    `Push the signed image under the tag again: docker buildx imagetools create --tag ${gun}:${String(tag)} ${name}`,
    `Or use what was verified by digest: ${name}, or set ${nameInput('write-digests')} or ${nameInput('pull-verified')} to true.`,
    `Or set ${nameInput('allow-moved-tags')} to true, if whoever uses the tag verifies it again.`,
  ].join('\n');
  return { problems: [{ code: 'TAG_MOVED', message, remedy }] };
};

const youngEnough: Requirement = async ({ request, session, content }, { maxAgeDays }, run) => {
  if (maxAgeDays === undefined) return met;
  const { manifest } = await content;
  const dates = await imageDatesOf(session, request.image.repository, manifest);
  const created = dates
    .flatMap((date) => date.created ?? [])
    .sort((a, b) => a.getTime() - b.getTime())[0];
  const problem = ageProblem(dates, maxAgeDays, run.clock());
  if (problem === undefined) return { problems: [], created };
  const message = `${request.reference} is signed, but not as required: ${problem}.`;
  const remedy = 'Build and sign it again, or allow a higher age.';
  return { problems: [{ code: 'POLICY_NOT_MET', message, remedy }], created };
};

/** What content trust alone can say, and what is asked of every image; in this order they are told. */
const ofRoles: readonly Requirement[] = [signedByRoles];
const ofContent: readonly Requirement[] = [tagNotMoved, youngEnough];

/**
 * What all requirements make of an image.
 * @param kind of the signature that counts.
 * @param known what the registry was asked already.
 * @throws whatever is not a finding: an interruption, or a fault of ours.
 */
export async function findingsOn(
  image: ImageToJudge,
  kind: 'dct' | 'notary-project',
  policy: VerifyPolicy,
  run: JudgingRun,
  known?: Content,
): Promise<Finding> {
  const content = known ? Promise.resolve(known) : contentOf(image);
  const requirements = kind === 'dct' ? [...ofRoles, ...ofContent] : ofContent;
  const findings = requirements.map(async (requirement): Promise<Finding> => {
    try {
      return await requirement({ ...image, content }, policy, run);
    } catch (error) {
      if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
      return { problems: [problemOf(error, image.request)] };
    }
  });
  const all = await Promise.all(findings);
  // Content that is not there is one problem, whoever asks for it.
  const problems = new Map(all.flatMap((one) => one.problems.map((told) => [told.message, told])));
  const created = all.find((one) => one.created)?.created;
  return { problems: [...problems.values()], created };
}

/** An error about an image, as a problem of it. */
export function problemOf(
  { code, message, remedy }: TrustError,
  { reference }: ImageRequest,
): Finding['problems'][number] {
  return { code, message: `${reference} cannot be verified: ${message}`, remedy };
}

/** @throws {TrustError} MANIFEST_NOT_FOUND and others */
async function contentOf({
  request: { image, tag, gun },
  signed: { digest },
  session: { images },
  early,
}: ImageToJudge): Promise<Content> {
  const before = await early?.catch(() => undefined);
  if (before?.digest === digest) return { manifest: before, moved: undefined };
  // Someone may have moved the tag and signed it since: both are asked for now.
  const [manifest, moved] = await Promise.all([
    images.getManifest(image.repository, digest),
    tag === undefined ? undefined : describeMoved(images, image.repository, tag, digest),
  ]);
  if (manifest) return { manifest, moved };
  const message = `${gun}@${digest} is signed, but the registry does not have it.`;
  throw new TrustError('MANIFEST_NOT_FOUND', message, {
    remedy: 'It was deleted after it was signed. Push and sign it again.',
  });
}

/** What the tag is in the registry if it is not `digest`, as a person would say it: only worth a warning. */
async function describeMoved(
  images: Session['images'],
  repository: string,
  tag: string,
  digest: string,
): Promise<string | undefined> {
  try {
    const manifest = await images.getManifest(repository, tag);
    if (manifest?.digest === digest) return undefined;
    return manifest ? `points to ${manifest.digest}` : 'is not there any more';
  } catch (error) {
    // It may point to what is not an image at all; the signed digest is asked for by itself.
    if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
    return `cannot be read (${error.message.replace(/\.$/, '')})`;
  }
}
