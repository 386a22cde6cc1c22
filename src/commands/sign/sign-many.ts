/**
 * Signs images of any number of repositories that are in their registries already: one publish for
 * each repository, repositories side by side. What fails does not keep the others from being signed.
 */
import { TrustError, isTrustError, messageOf } from '../../errors.js';
import type { InputValues } from '../../inputs/index.js';
import { limits } from '../../limits.js';
import type { Log } from '../../ports.js';
import type { RegistryClient } from '../../registry/index.js';
import type { RoleName } from '../../trust/index.js';
import { collectWarnings } from '../report/collect-warnings.js';
import { aftermathOf, TagStates } from '../report/tag-states.js';
import type { Configuration, SigningConfiguration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import type { TaggedContent } from '../report/journal.js';
import { openSession, type Session } from '../session/session.js';
import type { RepositoryToSign } from '../configuration/types.js';
import { signWithJournal, type SigningNotes } from '../signing/sign-with-journal.js';
import {
  lookUpTags,
  movedAfter,
  movedBefore,
  requireNoneMoved,
  type Standing,
} from '../signing/standing.js';
import {
  beginSigning,
  examine,
  openSigning,
  planSigning,
  type OpenedSigning,
  type SigningPlan,
} from '../signing/signing-preflight.js';
import { signedWords } from '../report/root-words.js';
import { checkRegistry } from '../signing/registry-rights.js';
import { mapAtOnce } from '../../at-once.js';
import { failureOf, imagesTable, type ImageOutcome, type KeyFacts } from './outcome.js';
import { tell } from './tell.js';

/** One repository on its way. */
interface Work {
  readonly target: RepositoryToSign;
  readonly session: Session | undefined;
  readonly contents: Map<string, TaggedContent>;
  readonly errors: Map<string, TrustError>;
  /** What became of each tag. */
  readonly states: TagStates;
  /** Tags that are signed before they are in the registry. */
  readonly absent: Set<string>;
  /** Set when something failed that concerns all of its tags. */
  isStopped?: true;
  plan?: SigningPlan;
  roles?: readonly RoleName[];
  /** What vouches for the root; undefined where nothing but the server does. */
  pinnedBy?: string | undefined;
}

/**
 * Runs `sign` for the images of `configuration.repositories`.
 * @throws {TrustError} what images failed with, once all were tried; whatever concerns all of them.
 */
export async function signImages(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  const { repositories = [], signing } = configuration;
  if (!signing) throw new TypeError('a sign command was configured without a signing key');
  const { log, warnings } = collectWarnings(context.log);
  const works = await log.group('Registry login', () =>
    openAll(repositories, configuration, inputs, context),
  );
  const run: Run = { works, configuration, signing, context, log };
  context.onFailure(() =>
    aftermathOf(works.map(({ target: { image }, states }) => ({ image, states }))),
  );
  let stopped: { readonly thrown: unknown } | undefined;
  try {
    await signWorks(run);
  } catch (thrown) {
    stopped = { thrown };
    stopAll(works, thrown);
  }
  const images = works.flatMap(outcomesOf);
  await log.group('Images', () => {
    for (const line of imagesTable(images)) log.info(line);
    return Promise.resolve();
  });
  await tell(images, run.key, warnings, configuration, context);
  if (stopped) throw stopped.thrown;
  const failure = failureOf(images);
  if (failure) throw failure;
}

/** Everything of one run. */
interface Run {
  readonly works: readonly Work[];
  readonly configuration: Configuration;
  readonly signing: SigningConfiguration;
  readonly context: RunContext;
  readonly log: Log;
  /** The key that signs, once it is open. */
  key?: KeyFacts;
}

/** @throws what concerns all images, such as a key that cannot be opened. */
async function signWorks(run: Run): Promise<void> {
  const { works, configuration, signing, context, log } = run;
  await log.group('Digest', () => forEach(works, (work) => resolve(work, log)));
  const session = works.find((work) => work.session)?.session;
  if (!session || works.every(({ contents }) => contents.size === 0)) return;
  await log.group('Trust data', async () => {
    await checkRegistry(configuration, session, context, log);
    const opened = await openSigning(beginSigning(signing, session, context), log);
    run.key = factsOf(opened);
    await forEach(works, (work) => plan(work, configuration, signing, opened, context, log));
  });
  await log.group('Signature', () => forEach(works, (work) => sign(work, context, log)));
}

/** What ends the whole run leaves every image unsigned that is not signed by now. */
function stopAll(works: readonly Work[], thrown: unknown): void {
  const error = isTrustError(thrown)
    ? thrown
    : new TrustError('UNEXPECTED', messageOf(thrown), { remedy: 'See the log.', cause: thrown });
  for (const { target, errors, roles } of works) {
    if (roles !== undefined) continue;
    for (const tag of target.image.tags) if (!errors.has(tag)) errors.set(tag, error);
  }
}

/** Logs in to each registry once; its images share what it says. */
async function openAll(
  repositories: readonly RepositoryToSign[],
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
): Promise<readonly Work[]> {
  const sessions = new Map<string, Promise<Session>>();
  return mapAtOnce(repositories, limits.verifiedAtOnce, async (target): Promise<Work> => {
    const { registry } = target.image;
    const pending =
      sessions.get(registry) ?? openSession(of(target, configuration), inputs, context);
    sessions.set(registry, pending);
    const common = {
      target,
      contents: new Map<string, TaggedContent>(),
      states: new TagStates(target.image.tags),
      absent: new Set<string>(),
    };
    try {
      return { ...common, session: await pending, errors: new Map<string, TrustError>() };
    } catch (error) {
      const known = expected(error);
      const errors = new Map(target.image.tags.map((tag) => [tag, known]));
      return { ...common, session: undefined, errors };
    }
  });
}

/** Runs `body` for each repository that nothing has stopped. */
async function forEach(works: readonly Work[], body: (work: Work) => Promise<void>): Promise<void> {
  await mapAtOnce(works, limits.verifiedAtOnce, async (work) => {
    if (work.isStopped) return;
    try {
      await body(work);
    } catch (error) {
      // What stops a repository stops all of its tags, and no other repository.
      const known = expected(error);
      for (const tag of work.target.image.tags) {
        if (!work.errors.has(tag)) work.errors.set(tag, known);
      }
      work.isStopped = true;
    }
  });
}

/** @throws whatever is no verdict on an image: a bug, or the wish of the host to stop. */
function expected(error: unknown): TrustError {
  if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
  return error;
}

async function resolve(work: Work, log: Log): Promise<void> {
  const { target, session, contents, errors, states, absent } = work;
  if (!session) return;
  const { gun, repository, tags } = target.image;
  await mapAtOnce(tags, limits.verifiedAtOnce, async (tag) => {
    try {
      const wanted = target.digests.get(tag);
      const { content, isAbsent } = await find(
        session.images,
        { gun, repository, tag, wanted },
        log,
      );
      contents.set(tag, content);
      if (isAbsent) absent.add(tag);
      else states.note('unsigned', [tag]);
      log.info(`${gun}:${tag}  ${content.digest}  ${content.length} bytes`);
    } catch (error) {
      errors.set(tag, expected(error));
    }
  });
}

interface Sought {
  readonly gun: string;
  readonly repository: string;
  readonly tag: string;
  readonly wanted: string | undefined;
}

/** What a tag is to be signed for: the bytes the registry serves, under the digest if one is given. */
async function find(
  images: RegistryClient,
  { gun, repository, tag, wanted }: Sought,
  log: Log,
): Promise<{ readonly content: TaggedContent; readonly isAbsent: boolean }> {
  const [tagged, named] = await Promise.all([
    images.getManifest(repository, tag),
    wanted === undefined ? undefined : images.getManifest(repository, wanted),
  ]);
  const manifest = wanted === undefined ? tagged : named;
  if (!manifest) {
    const name = wanted === undefined ? `${gun}:${tag}` : `${gun}@${wanted}`;
    throw new TrustError('MANIFEST_NOT_FOUND', `There is no image ${name}.`, {
      remedy: 'Push the image first, and check registry, repository, tag and digest.',
    });
  }
  if (!tagged) {
    log.warn(`${gun}:${tag} is not in the registry yet; it is signed for ${manifest.digest}.`);
  } else if (tagged.digest !== manifest.digest) {
    throw new TrustError(
      'TAG_MOVED',
      `${gun}:${tag} points to ${tagged.digest}, not to ${manifest.digest} as it should.`,
      { remedy: 'Find out who moved the tag, or give the other digest.' },
    );
  }
  const { digest, length } = manifest;
  return { content: { digest, length }, isAbsent: !tagged };
}

async function plan(
  work: Work,
  configuration: Configuration,
  signing: SigningConfiguration,
  opened: OpenedSigning,
  context: RunContext,
  log: Log,
): Promise<void> {
  const { target, session, contents } = work;
  if (!session || contents.size === 0) return;
  const image = { ...target.image, tags: [...contents.keys()] };
  const own = of({ ...target, image }, configuration);
  const named = {
    ...log,
    info: (line: string) => {
      log.info(`${image.gun}: ${line}`);
    },
  };
  const examination = examine(own, session, context, Promise.resolve(opened));
  work.plan = await planSigning(own, signing, session, context, named, examination);
}

/**
 * Signs what is left of a repository in one publish. A tag that another run has moved or signed is
 * left to that run, and keeps the others from nothing.
 */
async function sign(work: Work, context: RunContext, log: Log): Promise<void> {
  const { contents, states, absent, errors, session, plan } = work;
  const { image } = work.target;
  if (!plan || !session) return;
  const open = new Map(contents);
  const journal: SigningNotes = {
    log,
    noteTagState: (state, tags) => {
      states.note(state, tags);
    },
    tagState: (tag) => states.of(tag),
    noteReadBack: () => {
      states.note('signed-unsettled', open.keys());
    },
  };
  const drop = (tag: string, error: TrustError): void => {
    errors.set(tag, error);
    open.delete(tag);
  };
  while (open.size > 0) {
    const tags = new Map(open);
    const look = (): Promise<Standing> => lookUpTags(session.images, image, tags.keys());
    let moved: ReadonlyMap<string, TrustError> = new Map();
    try {
      const { result, standing } = await signWithJournal(plan, tags, context, journal, {
        known: plan.view,
        recheck: async () => {
          moved = movedBefore(image.gun, tags, await look(), absent);
          requireNoneMoved(image.gun, moved);
        },
        look,
      });
      states.note('signed', tags.keys());
      const after = standing
        ? movedAfter(image.gun, tags, standing, absent)
        : new Map<string, TrustError>();
      states.note('moved', after.keys());
      for (const [tag, error] of after) drop(tag, error);
      work.roles = result.roles;
      work.pinnedBy = result.pinnedBy;
      if (open.size > 0) {
        log.info(`${image.gun}: ${[...open.keys()].join(', ')} ${signedWords(result.pinnedBy)}`);
      }
      return;
    } catch (error) {
      const taken = states.in('moved').filter((tag) => open.has(tag));
      if (moved.size === 0 && taken.length === 0) throw error;
      for (const [tag, failure] of moved) drop(tag, failure);
      for (const tag of taken) drop(tag, expected(error));
    }
  }
}

/** The configuration of one repository. */
function of({ image, trustServer }: RepositoryToSign, configuration: Configuration): Configuration {
  return { ...configuration, image, trustServer };
}

function outcomesOf({
  target,
  contents,
  errors,
  roles,
  pinnedBy,
  states,
}: Work): readonly ImageOutcome[] {
  const { gun, tags } = target.image;
  return tags.map((tag): ImageOutcome => {
    const error = errors.get(tag);
    const content = contents.get(tag);
    return {
      image: `${gun}:${tag}`,
      gun,
      tag,
      digest: content?.digest ?? target.digests.get(tag),
      length: content?.length,
      signed: error === undefined && roles !== undefined,
      state: states.of(tag),
      roles: error === undefined ? (roles ?? []) : [],
      pinnedBy: error === undefined ? pinnedBy : undefined,
      error,
    };
  });
}

function factsOf({ key: { signer } }: OpenedSigning): KeyFacts {
  return { id: signer.keyId, method: signer.method, description: signer.description };
}
