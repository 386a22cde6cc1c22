/**
 * The main job: preflight, build, push, sign, read back. `build` and `push` are parts of it. Whatever
 * could keep the run from ending signed is found before the build.
 */
import { isTrustError } from '../../errors.js';
import type { BuildResult } from '../../docker/index.js';
import type { Session } from '../access/access.js';
import { defineCommand } from '../command.js';
import type { Run } from '../context.js';
import { reportJob, type JobProgress } from '../report/job-report.js';
import type { Report } from '../report/report-model.js';
import {
  checkShared,
  openSigning,
  startPreflight,
  type SigningPlan,
} from '../signing/preflight.js';
import { requirePush } from '../signing/registry-rights.js';
import { nothingPushed } from '../signing/registry-state.js';
import { chooseTagOrder, pushingState, type TagOrder } from '../signing/tag-order.js';
import { verifyBaseImages, type BaseImageDecisions } from './base-images.js';
import { buildImage } from './build-image.js';
import {
  buildInputs,
  commonInputs,
  namedInputs,
  pushInputs,
  readBuildAndPushJob,
  readBuildJob,
  readPushJob,
  type JobConfiguration,
} from './configuration.js';
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
  readonly configuration: JobConfiguration;
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

export const buildAndPush = defineCommand({
  name: 'buildAndPush',
  label: 'Build, push and sign',
  help: 'Builds an image, pushes it under all of its tags, signs them and reads the signatures back.',
  inputs: { ...namedInputs, ...buildInputs, ...pushInputs, ...commonInputs },
  parse: readBuildAndPushJob,
  run: runJob,
});

export const build = defineCommand({
  name: 'build',
  label: 'Build',
  help: 'Builds an image, with its base images held to the `base-images` policy. Nothing is pushed or signed.',
  inputs: { ...namedInputs, ...buildInputs, ...commonInputs },
  hasReport: false,
  parse: readBuildJob,
  run: runJob,
});

export const push = defineCommand({
  name: 'push',
  label: 'Push and sign',
  help: 'Pushes an image that the Docker engine has under all of its tags, signs them and reads the signatures back.',
  inputs: { ...namedInputs, ...pushInputs, ...commonInputs },
  parse: readPushJob,
  run: runJob,
});

function runJob(configuration: JobConfiguration, run: Run): Promise<Report> {
  const { command, image, signing } = configuration;
  const isPushing = command !== 'build';
  const subject = {
    image: isPushing ? image : { ...image, tags: [] },
    engine: signing?.engine,
    isPushing,
  };
  return reportJob(subject, run, async (progress) => {
    const job = await prepare(configuration, progress, run);
    const built = job.prepared && (await buildPrepared(job, job.prepared, run));
    if (isPushing) await pushAndSign(job, built, run);
    else if (built?.kind === 'loaded') {
      run.log.info(`Built ${built.imageId}; nothing was pushed.`);
    }
  });
}

/** The preflight: all that can keep the run from ending as it should. Changes nothing. */
async function prepare(
  configuration: JobConfiguration,
  progress: JobProgress,
  run: Run,
): Promise<Job> {
  const { command, signing, image } = configuration;
  const { log, access } = run;
  if (!configuration.contentTrust) {
    log.warn('Content trust is off for this step: nothing is verified and nothing is signed.');
  }
  const docker = await log.group('Docker', () => checkDocker(configuration, run));
  const order = chooseTagOrder(configuration, docker);
  const prepared =
    configuration.build &&
    (await prepareBuild(configuration, configuration.build, docker, order, run));
  const place = { registry: image.registry, trustServer: configuration.trustServer };
  const opening = signing && openSigning(signing, access.azure(image.registry), run);
  const needsLogin =
    command !== 'build' ||
    !prepared ||
    readsRegistry(prepared, image.registry, await baseImageOptions(prepared.request, docker, run));
  const session = needsLogin
    ? await log.group('Registry login', async () => {
        const opened = await access.session(place);
        if (command !== 'build') await requirePush(opened, configuration);
        return opened;
      })
    : access.withoutLogin(place);
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
function buildPrepared(job: Job, prepared: PreparedBuild, run: Run): Promise<BuildResult> {
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
