/**
 * Signs images that are in their registries already: one publish for each repository, repositories
 * side by side. `repository` with `tags` is all or nothing; of `images`, one that fails does not keep
 * the others from being signed. Needs no Docker.
 */
import { explainRefusal, requirePush } from '../../azure/index.js';
import { mapConcurrent } from '../../concurrency.js';
import { isTrustError, messageOf, TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import {
  lookUpTags,
  movedAfter,
  movedBefore,
  type Manifest,
  type TagDigests,
} from '../../registry/index.js';
import type { Signer, TagContent } from '../../trust/index.js';
import type { Session } from '../../access/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import {
  kindsOf,
  noteContents,
  reportJob,
  startProgress,
  type JobOutput,
  type JobProgress,
  reportProgress,
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
  attachSignatures,
  describeSigner,
  openNotaryProject,
  tagStateOf,
  withTags,
  requireNoneMoved,
  signTags,
} from '../../image-signing/index.js';
import { jobOutputs } from '../inputs/signing.js';
import type { Report } from '../../report/report.js';
import {
  readSignConfiguration,
  signInputs,
  type RepositoryToSign,
  type SignConfiguration,
} from './sign-inputs.js';
import { imagesReport, type ImageOutcome } from './images-report.js';

/** One repository on its way. */
interface Work {
  readonly target: RepositoryToSign;
  readonly progress: JobProgress;
  /** What tags failed with. */
  readonly errors: Map<string, TrustError>;
  /** Tags that are signed before they are in the registry. */
  readonly absent: Set<string>;
  /** What the tags are signed for. */
  readonly manifests: Map<string, Manifest>;
  /** When the registry was first asked what the tags point to. */
  lookedAtMs?: number;
  /** Set when something failed that concerns all of its tags. */
  isStopped?: true;
  session?: Session;
  /** Ends the preflight that has begun. */
  finishPreflight?: () => Promise<SigningPlan>;
  plan?: SigningPlan | undefined;
}

/** What the repositories of a run share. */
interface SignRun {
  readonly configuration: SignConfiguration;
  /** Undefined where nothing is signed for Docker Content Trust. */
  readonly opening: ReturnType<typeof openSigning> | undefined;
  readonly run: Run<'digest'>;
}

export const sign = defineCommand({
  name: 'sign',
  label: 'Sign',
  help: 'Signs tags of images that are already in the registry. One repository or many. Needs no Docker.',
  argument: 'images',
  example: ['registry', 'repository', 'tags', 'signing-key', 'trust-pin'],
  inputs: signInputs,
  outputs: [...jobOutputs, 'images'],
  parse: readSignConfiguration,
  run: (configuration, run) => {
    const [first] = configuration.repositories;
    return first && configuration.isAllOrNothing
      ? signRepository(first, configuration, run)
      : signImages(configuration, run);
  },
});

function signRepository(
  target: RepositoryToSign,
  configuration: SignConfiguration,
  run: Run<'digest'>,
): Promise<Report<JobOutput>> {
  const kinds = kindsOf(configuration.kinds);
  const job = { image: target.image, engine: 'native', isPushing: false, kinds } as const;
  return reportJob(job, run, (progress) =>
    signWorks([workOf(target, progress)], configuration, run),
  );
}

function signImages(
  configuration: SignConfiguration,
  run: Run<'digest'>,
): Promise<Report<JobOutput | 'images'>> {
  const works = configuration.repositories.map((target) => workOf(target, startProgress()));
  let signer: Signer | undefined;
  const noteSigner = (opened: Signer): void => {
    signer = opened;
  };
  const report = () =>
    imagesReport(
      works.flatMap((work) => outcomesOf(work, configuration)),
      signer,
    );
  return reportProgress(
    run,
    () =>
      works.map(({ target: { image }, progress }) => ({
        image,
        kinds: kindsOf(configuration.kinds),
        ...progress,
      })),
    () => signWorks(works, configuration, run, noteSigner),
    (_, thrown) => {
      if (thrown === undefined) return report();
      for (const work of works) {
        if (!isComplete(work, configuration)) stop(work, asTrustError(thrown));
      }
      return { ...report(), failure: thrown };
    },
  );
}

function workOf(target: RepositoryToSign, progress: JobProgress): Work {
  return { target, progress, errors: new Map(), absent: new Set(), manifests: new Map() };
}

/** @throws what concerns all images, such as a key that cannot be opened. */
async function signWorks(
  works: readonly Work[],
  configuration: SignConfiguration,
  run: Run<'digest'>,
  onKey?: (signer: Signer) => void,
): Promise<void> {
  const { signing, kinds } = configuration;
  const { log, access } = run;
  if (!signing) throw new TypeError('a sign command was configured without a signing key');
  const azure = access.azure(works[0]?.target.image.registry);
  const { notaryProject } = kinds;
  const isProven = notaryProject !== undefined;
  const opening = kinds.isDct ? openSigning(signing, azure, run, isProven) : undefined;
  // Its first signature is proof enough: nothing is built or pushed before.
  const openingChain = notaryProject && openNotaryProject(notaryProject, azure, run, false);
  const shared: SignRun = { configuration, opening, run };
  await log.group('Registry login', () =>
    forEach(works, shared, async (work) => {
      const { image, trustServer } = work.target;
      work.session = await access.session({ registry: image.registry, trustServer });
      work.session.expect(image, {
        image: notaryProject ? 'pull,push' : 'pull',
        trust: kinds.isDct ? 'pull,push' : undefined,
      });
      if (notaryProject) await requirePush(work.session, work.target);
    }),
  );
  await log.group('Digest', () => forEach(works, shared, (work) => resolve(work, shared)));
  const found = works.filter(({ progress }) => progress.contents.size > 0);
  if (opening) {
    await log.group('Trust data', async () => {
      const [first] = found;
      if (!first?.session) return;
      const signer = await checkShared(first.target, first.session, opening, run);
      onKey?.(signer);
      await forEach(found, shared, async (work) => {
        work.plan = await work.finishPreflight?.();
      });
    });
  }
  // What is signed twice is signed for its digest first: its tags are then moved to nothing unsigned.
  if (openingChain) {
    const chain = await log.group('Certificate', () => describeSigner(openingChain, run));
    await log.group('Notary Project signature', () =>
      forEach(found, shared, async ({ session, target: { image }, manifests, progress }) => {
        if (session) await attachSignatures(image, manifests, session, chain, run, progress);
      }),
    );
  }
  if (!opening) return;
  await log.group('Signature', () => forEach(works, shared, (work) => signWork(work, shared)));
}

/** Runs `body` for each repository that nothing has stopped. */
async function forEach(
  works: readonly Work[],
  { configuration: { isAllOrNothing } }: SignRun,
  body: (work: Work) => Promise<void>,
): Promise<void> {
  await mapConcurrent(works, limits.concurrentRepositories, async (work) => {
    if (work.isStopped) return;
    try {
      await body(work);
    } catch (error) {
      if (isAllOrNothing) throw error;
      stop(work, expected(error));
    }
  });
}

/** What stops a repository stops all of its tags, and no other repository. */
function stop(work: Work, error: TrustError): void {
  for (const tag of work.target.image.tags) {
    if (!work.errors.has(tag)) work.errors.set(tag, error);
  }
  work.isStopped = true;
}

/** @throws what does not concern one image: a bug, or a run that is stopped. */
function expected(error: unknown): TrustError {
  if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
  return error;
}

function asTrustError(thrown: unknown): TrustError {
  if (isTrustError(thrown)) return thrown;
  return new TrustError('UNEXPECTED', messageOf(thrown), { remedy: 'See the log.', cause: thrown });
}

/** Finds what the tags are to be signed for; the preflight of the repository begins beside it. */
async function resolve(work: Work, shared: SignRun): Promise<void> {
  const { target, errors, manifests, progress } = work;
  const { image } = target;
  const { run, configuration } = shared;
  const { isAllOrNothing } = configuration;
  startChecks(work, image.tags, shared);
  work.lookedAtMs = run.clock().getTime();
  const contents = new Map<string, TagContent>();
  const found = await mapConcurrent(image.tags, limits.concurrentTags, async (tag) => {
    try {
      return await find(work, tag, shared);
    } catch (error) {
      if (isAllOrNothing) throw error;
      errors.set(tag, expected(error));
      return undefined;
    }
  });
  for (const [index, tag] of image.tags.entries()) {
    const manifest = found[index];
    if (!manifest) continue;
    const { digest, length } = manifest;
    manifests.set(tag, manifest);
    contents.set(tag, { digest, length });
    run.log.info(`${image.gun}:${tag}  ${digest}  ${length} bytes`);
  }
  if (isAllOrNothing) noteContents(progress, contents, run);
  else progress.contents = contents;
  // A key may be allowed to sign only some tags: those that are missing must not count.
  if (contents.size < image.tags.length) startChecks(work, [...contents.keys()], shared);
}

function startChecks(work: Work, tags: readonly string[], shared: SignRun): void {
  const { session, target } = work;
  const { configuration, opening, run } = shared;
  const { isAllOrNothing } = configuration;
  if (!session || !opening) return;
  const own = { ...target, image: { ...target.image, tags } };
  const info = (line: string): void => {
    run.log.info(isAllOrNothing ? line : `${target.image.gun}: ${line}`);
  };
  const named = { ...run, log: { ...run.log, info } };
  work.finishPreflight = startPreflight(own, session, opening, named);
}

/** What a tag is to be signed for: the bytes the registry serves, under the digest if one is given. */
async function find(
  { target, session, absent }: Work,
  tag: string,
  { configuration: { isAllOrNothing }, run }: SignRun,
): Promise<Manifest | undefined> {
  const { gun, repository } = target.image;
  const wanted = target.digests.get(tag);
  const tagged = await session?.images.getManifest(repository, tag);
  if (tagged && wanted !== undefined && tagged.digest !== wanted) {
    throw new TrustError(
      'TAG_MOVED',
      `${gun}:${tag} points to ${tagged.digest}, not to ${wanted} as it should.`,
      {
        remedy: `${isAllOrNothing ? 'Nothing was signed. ' : ''}Find out who moved the tag, or give the other digest.`,
      },
    );
  }
  const needsTag = isAllOrNothing || wanted === undefined;
  const manifest =
    tagged ?? (needsTag ? undefined : await session?.images.getManifest(repository, wanted));
  if (!manifest) {
    const name = needsTag ? `${gun}:${tag}` : `${gun}@${wanted}`;
    throw new TrustError('MANIFEST_NOT_FOUND', `There is no image ${name}.`, {
      remedy: 'Push the image first, and check registry, repository, tag and digest.',
    });
  }
  if (!tagged) {
    absent.add(tag);
    run.log.warn(`${gun}:${tag} is not in the registry yet; it is signed for ${manifest.digest}.`);
  }
  return manifest;
}

/**
 * Signs what is left of a repository in one publish. A tag of `images` that another run has moved or
 * signed is left to that run, and the others are signed.
 */
async function signWork(
  work: Work,
  { configuration: { isAllOrNothing }, run }: SignRun,
): Promise<void> {
  const { absent, errors, session, plan, progress, target, lookedAtMs } = work;
  const { gun, tags } = target.image;
  if (!plan || !session) return;
  const open = new Map(progress.contents);
  const elsewhere = tags.filter((tag) => !open.has(tag) || absent.has(tag));
  progress.state = withTags({ kind: 'tagged-unsigned' }, elsewhere, 'untouched');
  const drop = (tag: string, error: TrustError): void => {
    errors.set(tag, error);
    open.delete(tag);
  };
  while (open.size > 0) {
    const contents = new Map(open);
    const look = (): Promise<TagDigests> =>
      lookUpTags(session.images, target.image, contents.keys());
    let moved: ReadonlyMap<string, TrustError> = new Map();
    try {
      const recheck = async (): Promise<void> => {
        moved = movedBefore(gun, contents, await look(), absent);
        requireNoneMoved(gun, moved);
      };
      const request = { plan, contents, recheck, lookedAtMs, look };
      const { found } = await explainRefusal(target, session, () =>
        signTags(request, plan.view, progress, run),
      );
      moved = found ? movedAfter(gun, contents, found, absent) : new Map();
      const signed = withTags(progress.state, contents.keys(), 'signed');
      progress.state = withTags(signed, moved.keys(), 'moved');
      if (isAllOrNothing) requireNoneMoved(gun, moved);
      for (const [tag, error] of moved) drop(tag, error);
      return;
    } catch (error) {
      const taken = [...open.keys()].filter((tag) => tagStateOf(progress.state, tag) === 'moved');
      if (isAllOrNothing || (moved.size === 0 && taken.length === 0)) throw error;
      for (const [tag, failure] of moved) drop(tag, failure);
      for (const tag of taken) drop(tag, expected(error));
    }
  }
}

/** Whether a repository has all the kinds of signatures that were asked for. */
function isComplete({ progress }: Work, { kinds }: SignConfiguration): boolean {
  if (kinds.isDct) return progress.signed !== undefined;
  const { attached, contents } = progress;
  return [...contents.values()].every(({ digest }) =>
    attached.some((signature) => signature.digest === digest),
  );
}

function outcomesOf(work: Work, configuration: SignConfiguration): readonly ImageOutcome[] {
  const { target, errors, progress } = work;
  const { gun, tags } = target.image;
  const { contents, signed, state, attached } = progress;
  return tags.map((tag): ImageOutcome => {
    const error = errors.get(tag);
    const content = contents.get(tag);
    const ours = attached.filter(({ digest }) => digest === content?.digest);
    return {
      image: `${gun}:${tag}`,
      gun,
      tag,
      digest: content?.digest ?? target.digests.get(tag),
      length: content?.length,
      signed: error === undefined && isComplete(work, configuration),
      state: tagStateOf(state, tag),
      roles: error === undefined ? (signed?.roles ?? []) : [],
      pinnedBy: error === undefined ? signed?.pinnedBy : undefined,
      ...(ours.length > 0 && { notaryProject: ours }),
      error,
    };
  });
}
