/**
 * The main job: preflight, build, push, sign, read back. `build` and `push` are parts of it. Whatever
 * could keep the run from ending signed is found before the build.
 */
import { requirePush } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import {
  baseImageOptions,
  buildPinned,
  checkDocker,
  labelBaseImage,
  prepareBuild,
  readsRegistry,
  verifyBaseImages,
  withPrivateDocker,
  type BuildRequest,
  type BuildResult,
  type CheckedDocker,
  type PreparedBuild,
} from '../../docker/index.js';
import { defineCommand } from '../command.js';
import type { Run } from '../run.js';
import { jobOutputs } from '../inputs/signing.js';
import {
  reportJob,
  type JobOutput,
  type JobProgress,
  kindsOf,
  describeSigner,
  openNotaryProject,
  checkShared,
  openSigning,
  startPreflight,
  nothingPushed,
  chooseTagOrder,
  pushingState,
  type TagOrder,
} from '../../image-signing/index.js';
import { proveTemporaryFolder } from '../../report/report-file.js';
import type { Report } from '../../report/report.js';
import { createBaseImageLookUp } from './base-image-signatures.js';
import { buildInputs } from './build-inputs.js';
import {
  commonInputs,
  namedInputs,
  pushInputs,
  readBuildAndPushJob,
  readBuildJob,
  readPushJob,
  type JobConfiguration,
} from './job-inputs.js';
import { pushAndSign } from './push-and-sign.js';
import type { Job } from './push.js';

export const buildAndPush = defineCommand({
  name: 'buildAndPush',
  label: 'Build, push and sign',
  help: 'Builds and pushes an image, signs all of its tags, and reads the signatures back.',
  example: ['registry', 'repository', 'tags', 'signing-key', 'trust-pin'],
  inputs: { ...namedInputs, ...buildInputs, ...pushInputs, ...commonInputs },
  outputs: jobOutputs,
  parse: readBuildAndPushJob,
  run: runJob,
});

export const build = defineCommand({
  name: 'build',
  label: 'Build',
  help: 'Builds an image, and verifies its base images. Nothing is pushed or signed.',
  example: ['registry', 'repository', 'tags', 'base-images'],
  inputs: { ...namedInputs, ...buildInputs, ...commonInputs },
  hasReport: false,
  parse: readBuildJob,
  run: async (configuration, run) => {
    const image = { ...configuration.image, tags: [] };
    const subject = { image, engine: undefined, isPushing: false, kinds: 'dct' } as const;
    const report = await reportJob(subject, run, async (progress) => {
      const { built } = await prepareAndBuild(configuration, progress, run);
      if (built?.kind === 'loaded') run.log.info(`Built ${built.imageId}; nothing was pushed.`);
    });
    return { ...report, outputs: {} };
  },
});

export const push = defineCommand({
  name: 'push',
  label: 'Push and sign',
  help: 'Pushes a local image, signs all of its tags, and reads the signatures back. The Docker engine must have the image under these tags.',
  example: ['registry', 'repository', 'tags', 'signing-key', 'trust-pin'],
  inputs: { ...namedInputs, ...pushInputs, ...commonInputs },
  outputs: jobOutputs,
  parse: readPushJob,
  run: runJob,
});

function runJob(configuration: JobConfiguration, run: Run<JobOutput>): Promise<Report<JobOutput>> {
  const { image, signing } = configuration;
  const kinds = kindsOf(configuration.kinds);
  const subject = { image, engine: signing?.engine, isPushing: true, kinds };
  return reportJob(subject, run, async (progress) => {
    const { job, built } = await prepareAndBuild(configuration, progress, run);
    await pushAndSign(job, built, run);
  });
}

async function prepareAndBuild(
  configuration: JobConfiguration,
  progress: JobProgress,
  run: Run,
): Promise<{ readonly job: Job; readonly built: BuildResult | undefined }> {
  const job = await prepare(configuration, progress, run);
  return { job, built: job.prepared && (await buildPrepared(job, job.prepared, run)) };
}

/** The preflight: all that can keep the run from ending as it should. Changes nothing. */
async function prepare(
  configuration: JobConfiguration,
  progress: JobProgress,
  run: Run,
): Promise<Job> {
  const { command, signing, kinds, image } = configuration;
  const { log, access } = run;
  if (!configuration.contentTrust) {
    log.warn('Content trust is off for this step: nothing is verified and nothing is signed.');
  }
  await proveTemporaryFolder(run);
  const { build, passEnvironment } = configuration;
  const azure = access.azure(image.registry);
  // Docker, the registry and the vault are asked side by side.
  if (command !== 'build') access.beginSession(image.registry);
  const opening = signing && kinds.isDct ? openSigning(signing, azure, run) : undefined;
  const openingChain =
    kinds.notaryProject && openNotaryProject(kinds.notaryProject, azure, run, true);
  const signs = signing?.engine === 'docker';
  const docker = await log.group('Docker', () =>
    checkDocker({ build, signs, passEnvironment }, run),
  );
  const order = chooseTagOrder(configuration, docker);
  const prepared =
    build && (await prepareBuild(build, buildResultOf(configuration, docker, order), run));
  const place = { registry: image.registry, trustServer: configuration.trustServer };
  const needsLogin =
    command !== 'build' ||
    !prepared ||
    readsRegistry(prepared, image.registry, await baseImageOptions(prepared.request, docker, run));
  const session = needsLogin
    ? await log.group('Registry login', async () => {
        const opened = await access.session(place);
        if (signing) {
          const trust = kinds.isDct ? 'pull,push' : undefined;
          opened.expect(image, { image: 'pull,push', trust });
        }
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
  const notaryProject =
    openingChain && (await log.group('Certificate', () => describeSigner(openingChain, run)));
  const decisions =
    prepared && build.baseImages !== 'ignore'
      ? await log.group('Base images', () => {
          const policy = {
            isEnforced: build.baseImages === 'enforce',
            lookUp: createBaseImageLookUp(image.registry, session, run),
            accessTo: session.accessTo,
          };
          return verifyBaseImages(prepared, policy, docker, run);
        })
      : undefined;
  progress.baseImages = decisions?.reports ?? [];
  const use = { docker, registry: image.registry, login: session.dockerLogin };
  const labelled =
    prepared && build.addBaseImageData
      ? await labelBaseImage(prepared, decisions, docker, run)
      : prepared;
  const common = { configuration, docker: use, session, order, decisions, progress };
  return { ...common, prepared: labelled, plan, notaryProject };
}

/** Who builds, and what becomes of the result. */
function buildResultOf(
  { command, image: { gun, tags } }: JobConfiguration,
  { builder = 'classic' }: CheckedDocker,
  order: TagOrder,
): Pick<BuildRequest, 'builder' | 'tags' | 'output'> {
  const named = (all: readonly string[]): readonly string[] => all.map((tag) => `${gun}:${tag}`);
  if (command !== 'buildAndPush' || builder !== 'buildx') {
    return { builder, tags: named(tags), output: { kind: 'load' } };
  }
  switch (order.kind) {
    case 'tags-first':
      return { builder, tags: named(tags), output: { kind: 'push' } };
    case 'by-digest':
      return { builder, tags: named(tags), output: { kind: 'push-by-digest', repository: gun } };
    case 'staging-tag':
      return { builder, tags: named([order.tag]), output: { kind: 'push' } };
  }
}

/** Builds; with a builder that pushes at once, notes what that may have changed. */
function buildPrepared(job: Job, prepared: PreparedBuild, run: Run): Promise<BuildResult> {
  const { configuration, docker, order, decisions, progress } = job;
  const contentTrust = dockerContentTrust(configuration);
  const pushes = prepared.request.output.kind !== 'load';
  return run.log.group('Build', async () => {
    if (pushes) progress.state = pushingState(order, configuration.image.tags);
    try {
      return await withPrivateDocker(
        docker,
        run,
        ({ cli }) => buildPinned(prepared, { decisions, contentTrust }, cli, run),
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

/** Docker verifies base images itself where it signs, unless they are not to be looked at. */
function dockerContentTrust({
  signing,
  build,
  trustServer,
  image,
}: JobConfiguration): { readonly server?: string } | undefined {
  if (signing?.engine !== 'docker' || build?.baseImages === 'ignore') return undefined;
  return trustServer === `https://${image.registry}` ? {} : { server: trustServer };
}
