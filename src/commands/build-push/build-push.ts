/**
 * The main job: preflight, build, push, sign, read back. `build` and `push` are parts of it. Whatever
 * could keep the run from ending signed is found before the build.
 */
import type { InputValues } from '../inputs/values.js';
import { isTrustError } from '../../errors.js';
import type { BuildResult } from '../../docker/index.js';
import type { Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import { withJobReport, type JobProgress } from '../report/job-progress.js';
import type { Session } from '../access/access.js';
import { placeOf } from '../configuration/types.js';
import { requirePush } from '../signing/registry-rights.js';
import {
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
} from '../signing/preflight.js';
import { nothingPushed } from '../signing/registry-state.js';
import { chooseTagOrder, pushingState, type TagOrder } from '../signing/tag-order.js';
import { verifyBaseImages, type BaseImageDecisions } from './base-images.js';
import { buildImage } from './build-image.js';
import { checkDocker, withPrivateDocker, type CheckedDocker } from './docker-setup.js';
import {
  baseImageOptions,
  prepareBuild,
  readsRegistry,
  type PreparedBuild,
} from './prepare-build.js';
import { pushAndSign } from './push-and-sign.js';

/** A run that has passed its preflight. */
export interface Job {
  readonly configuration: Configuration;
  readonly docker: CheckedDocker;
  readonly session: Session;
  /** Where the image is between push and signature. */
  readonly order: TagOrder;
  /** Undefined where nothing is signed. */
  readonly plan: SigningPlan | undefined;
  /** Undefined where nothing is built. */
  readonly prepared: PreparedBuild | undefined;
  readonly decisions: BaseImageDecisions | undefined;
  readonly progress: JobProgress;
}

/**
 * Runs `buildAndPush`, `build` or `push`.
 * @throws {TrustError} for whatever keeps the run from doing all it was asked for.
 */
export function buildPushSign(
  configuration: Configuration,
  _inputs: InputValues,
  context: RunContext,
): Promise<void> {
  return withJobReport(configuration, context, async (progress, run) => {
    const job = await prepare(configuration, progress, run);
    const built = job.prepared && (await build(job, job.prepared, run));
    if (configuration.command !== 'build') await pushAndSign(job, built, run);
    else if (built?.kind === 'loaded') {
      run.log.info(`Built ${built.imageId}; nothing was pushed.`);
    }
  });
}

/** The preflight: all that can keep the run from ending as it should. Changes nothing. */
async function prepare(
  configuration: Configuration,
  progress: JobProgress,
  run: RunContext,
): Promise<Job> {
  const { command, signing, image } = configuration;
  const { log } = run;
  if (!configuration.contentTrust) {
    log.warn('Content trust is off for this step: nothing is verified and nothing is signed.');
  }
  const docker = await log.group('Docker', () => checkDocker(configuration, run));
  const order = chooseTagOrder(configuration, docker);
  const prepared =
    configuration.build &&
    (await prepareBuild(configuration, configuration.build, docker, order, run));
  const azure = run.access.azure(image.registry);
  const opening = signing && openSigning(signing, azure, run);
  const needsLogin =
    command !== 'build' ||
    !prepared ||
    readsRegistry(prepared, image.registry, await baseImageOptions(prepared.request, docker, run));
  const session = needsLogin
    ? await log.group('Registry login', async () => {
        const opened = await run.access.session(placeOf(configuration));
        if (command !== 'build') await requirePush(opened, configuration);
        return opened;
      })
    : run.access.withoutLogin(placeOf(configuration));
  const plan =
    opening &&
    (await log.group('Trust data', async () => {
      const plan = startPreflight(configuration, session, opening, run);
      await checkShared(configuration, session, opening, run);
      return plan();
    }));
  const decisions =
    prepared && configuration.build.baseImages !== 'ignore'
      ? await log.group('Base images', () =>
          verifyBaseImages(prepared, configuration, docker, session, run),
        )
      : undefined;
  progress.baseImages = decisions?.reports ?? [];
  return { configuration, docker, session, order, plan, prepared, decisions, progress };
}

/** Builds; with a builder that pushes at once, notes what that may have changed. */
function build(job: Job, prepared: PreparedBuild, run: RunContext): Promise<BuildResult> {
  const { configuration, order, decisions, progress } = job;
  const pushes = prepared.request.output.kind !== 'load';
  return run.log.group('Build', async () => {
    if (pushes) progress.state = pushingState(order, configuration.image.tags);
    try {
      return await withPrivateDocker(
        job,
        run,
        (docker) => buildImage(prepared, decisions, configuration, docker, run),
        // Without the builder's cache a second build takes as long as the first.
        configuration.build?.noCache !== true,
      );
    } catch (error) {
      // BuildKit pushes when all is built: where a step of the Dockerfile failed, nothing was pushed.
      const isStepFailed =
        isTrustError(error, 'BUILD_FAILED') && error.message.includes('did not complete success');
      if (isStepFailed) progress.state = nothingPushed;
      throw error;
    }
  });
}
