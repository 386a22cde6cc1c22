/**
 * The main job: check everything, build, push, sign, read back. `build` and `push` are parts of it.
 * Whatever could keep the run from ending signed is found before the build.
 */
import type { InputValues } from '../../inputs/index.js';
import { isTrustError } from '../../errors.js';
import {
  baseImageOptions,
  buildImage,
  prepareBuild,
  verifyBaseImages,
  type PreparedBuild,
} from './build-image.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import {
  checkDocker,
  openPrivateDocker,
  withPrivateDocker,
  type PrivateDocker,
} from './docker-setup.js';
import { withJournal, type Journal } from '../report/journal.js';
import { notePushing, pushAndSign } from './push-and-sign.js';
import { openAzure, openSession, openWithoutLogin, requirePush } from '../session/session.js';
import { readsRegistry } from './reads-registry.js';
import { beginSigning, examine, prepareSigning } from '../signing/signing-preflight.js';
import { chooseTagOrder, heldUnder, type TagOrder } from '../signing/tag-order.js';

/**
 * Runs `buildAndPush`, `build` or `push`.
 * @throws {TrustError} for whatever keeps the run from doing all it was asked for.
 */
export function buildPushSign(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
): Promise<void> {
  return withJournal(configuration, context, (journal) =>
    runJob(configuration, inputs, context, journal),
  );
}

async function runJob(
  configuration: Configuration,
  inputs: InputValues,
  context: RunContext,
  journal: Journal,
): Promise<void> {
  const { build, signing } = configuration;
  const { log } = journal;
  if (!configuration.contentTrust) {
    log.warn('Content trust is off for this step: nothing is verified and nothing is signed.');
  }
  const docker = await log.group('Docker', () => checkDocker(configuration, context));
  const order = chooseTagOrder(configuration, docker);
  journal.notePlan({ heldUnder: heldUnder(order), signsWithPush: signing?.engine === 'docker' });
  const prepared = build && (await prepareBuild(configuration, build, docker, order, context));
  const azure = openAzure(configuration, inputs, context);
  const opening = signing && beginSigning(signing, azure, context);
  const isNeeded =
    configuration.command !== 'build' ||
    !prepared ||
    readsRegistry(
      prepared,
      configuration.image.registry,
      await baseImageOptions(prepared.request, docker, context),
    );
  const session = isNeeded
    ? await log.group('Registry login', async () => {
        const opened = await openSession(configuration, inputs, context, azure);
        if (configuration.command !== 'build') await requirePush(opened, configuration);
        return opened;
      })
    : openWithoutLogin(configuration, context, azure);
  const plan =
    signing &&
    opening &&
    (await log.group('Trust data', () => {
      const examination = examine(configuration, session, context, opening);
      return prepareSigning(configuration, signing, session, context, log, examination);
    }));
  const decisions =
    prepared && build.baseImages !== 'ignore'
      ? await log.group('Base images', () =>
          verifyBaseImages(prepared, configuration, docker, session, context, log),
        )
      : undefined;
  if (decisions) journal.noteBaseImages(decisions.reports);

  const open = (): Promise<PrivateDocker> =>
    openPrivateDocker(docker, configuration, session, context);
  const built =
    prepared &&
    (await log.group('Build', () =>
      noteBuild(prepared, order, journal, () =>
        withPrivateDocker(
          open,
          { log, clock: context.clock },
          (own) => buildImage(prepared, decisions, configuration, own, context, log),
          // Without the builder's cache a second build takes as long as the first.
          !build.noCache,
        ),
      ),
    ));
  if (configuration.command === 'build') {
    if (built?.kind === 'loaded') log.info(`Built ${built.imageId}; nothing was pushed.`);
  } else {
    await pushAndSign({ configuration, session, context, journal, plan, order, built, open });
  }
}

/** Tells the journal what a build may have pushed, if its builder pushes at once. */
async function noteBuild<T>(
  { request }: PreparedBuild,
  order: TagOrder,
  journal: Journal,
  build: () => Promise<T>,
): Promise<T> {
  if (request.output.kind === 'load') return build();
  notePushing(order, journal);
  try {
    return await build();
  } catch (error) {
    // BuildKit pushes when all is built: where a step of the Dockerfile failed, nothing was pushed.
    if (isTrustError(error, 'BUILD_FAILED') && error.message.includes('did not complete success')) {
      journal.notePush('no');
      journal.noteTagState('untouched');
    }
    throw error;
  }
}
