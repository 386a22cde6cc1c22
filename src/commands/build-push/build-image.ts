/** Builds the image, with its base images pinned. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  checkBuildRequest,
  copyDockerfile,
  fitsDockerContentTrust,
  isRemoteContext,
  locateDockerfile,
  pinForBuildKit,
  pinForClassicBuilder,
  policyVariable,
  readExtraArguments,
  readVariable,
  runBuild,
  type BaseImageOptions,
  type BuildOutput,
  type BuildRequest,
  type BuildResult,
  type LocatedDockerfile,
} from '../../docker/index.js';
import { TrustError } from '../../errors.js';
import { decideBaseImages, type BaseImageDecisions } from './base-images.js';
import type { BuildConfiguration, Configuration } from '../configuration/types.js';
import type { RunContext } from '../context.js';
import type { CheckedDocker, PrivateDocker } from './docker-setup.js';
import type { BaseImageReport } from '../report/report.js';
import type { Session } from '../session/session.js';
import type { TagOrder } from '../signing/tag-order.js';
import { canHoldToPolicy, ownPolicy } from './source-policy.js';

/** A build that is ready to run. */
export interface PreparedBuild {
  readonly request: BuildRequest;
  /** Undefined where Dockerfile or context are remote: Docker fetches them, unseen by us. */
  readonly dockerfile: LocatedDockerfile | undefined;
}

/**
 * Finds the Dockerfile and checks the request, before anything happens.
 * @throws {TrustError} DOCKERFILE_NOT_FOUND, INPUT_INVALID, INPUT_CONFLICT, BASE_IMAGE_CONFLICT
 */
export async function prepareBuild(
  configuration: Configuration,
  build: BuildConfiguration,
  docker: CheckedDocker,
  order: TagOrder,
  { workingDirectory }: RunContext,
): Promise<PreparedBuild> {
  const dockerfile = await locateDockerfile({
    context: build.context,
    dockerfile: build.dockerfile,
    workingDirectory,
  });
  const { gun, tags } = configuration.image;
  const builder = docker.builder ?? 'classic';
  const pushes = configuration.command === 'buildAndPush' && builder === 'buildx';
  const pushed = pushes && order.kind === 'staging-tag' ? [order.tag] : tags;
  const request: BuildRequest = {
    builder,
    // A folder whose name looks like an address: nobody is to take it for one later.
    context:
      dockerfile && isRemoteContext(build.context)
        ? path.resolve(workingDirectory, build.context)
        : build.context,
    ...(build.dockerfile === undefined ? {} : { dockerfile: build.dockerfile }),
    tags: pushed.map((tag) => `${gun}:${tag}`),
    output: outputOf(pushes, order, gun),
    buildArgs: build.buildArgs,
    ...(build.target === undefined ? {} : { target: build.target }),
    labels: build.labels,
    platforms: build.platforms,
    secrets: build.secrets,
    cacheFrom: build.cacheFrom,
    cacheTo: build.cacheTo,
    noCache: build.noCache,
    pull: build.pull,
    ...(build.builderName === undefined ? {} : { builderName: build.builderName }),
    extraArguments: build.extraArguments,
  };
  checkBuildRequest(request);
  return { request, dockerfile };
}

function outputOf(pushes: boolean, { kind }: TagOrder, repository: string): BuildOutput {
  if (!pushes) return { kind: 'load' };
  return kind === 'by-digest' ? { kind: 'push-by-digest', repository } : { kind: 'push' };
}

/**
 * Verifies the base images of a prepared build.
 * @throws {TrustError} BASE_IMAGE_UNSIGNED and what decideBaseImages throws
 */
export async function verifyBaseImages(
  { request, dockerfile }: PreparedBuild,
  configuration: Configuration,
  docker: CheckedDocker,
  session: Session,
  run: RunContext,
): Promise<BaseImageDecisions | undefined> {
  if (!dockerfile) {
    if (configuration.build?.baseImages === 'enforce') throw remoteDockerfile(run);
    run.log.warn('The Dockerfile is not on this agent, so its base images cannot be verified.');
    return undefined;
  }
  const options = await baseImageOptions(request, docker, run);
  const builder = {
    obeysPolicy: await canHoldToPolicy(docker, request.builderName),
    ownPolicy: (reports: readonly BaseImageReport[]) =>
      request.builder === 'buildx' ? ownPolicy(docker, reports, run) : Promise.resolve([]),
  };
  return decideBaseImages(dockerfile.text, options, builder, configuration, session, run);
}

/** What a Dockerfile is read with to find its base images. */
export async function baseImageOptions(
  request: BuildRequest,
  docker: CheckedDocker,
  context: RunContext,
): Promise<BaseImageOptions> {
  const isBuildx = request.builder === 'buildx';
  const nodes = isBuildx ? await docker.capabilities.builderNodes(request.builderName) : [];
  const [buildPlatform, ...others] = new Set(nodes.map(({ platform }) => platform));
  const extra = readExtraArguments(request.extraArguments ?? []);
  return {
    builder: isBuildx ? 'buildkit' : 'classic',
    buildArgs: buildArgumentValues([...(request.buildArgs ?? []), ...extra.buildArgs], context),
    buildContexts: extra.buildContexts,
    ...(request.target === undefined ? {} : { target: request.target }),
    platforms: platformsOf(request, docker, context),
    scanners: isBuildx ? extra.scanners : [],
    // Nodes of several platforms share a build, and each has its own.
    ...(buildPlatform === undefined || others.length > 0 ? {} : { buildPlatform }),
  };
}

/** Without `--platform` both builders take this variable. */
function platformsOf(
  { platforms = [] }: BuildRequest,
  { environment }: CheckedDocker,
  { platform }: RunContext,
): readonly string[] {
  if (platforms.length > 0) return platforms.flatMap((text) => text.split(','));
  const wanted = readVariable(environment, 'DOCKER_DEFAULT_PLATFORM', platform === 'win32') ?? '';
  return wanted === '' ? [] : wanted.split(',');
}

function remoteDockerfile({ nameInput }: RunContext): TrustError {
  return new TrustError(
    'BASE_IMAGE_UNSIGNED',
    'The policy "enforce" wants every base image signed, and the Dockerfile is not on this agent to be read.',
    {
      remedy: `Check the sources out and give ${nameInput('context')} their folder, or set ${nameInput('base-images')} to ignore.`,
    },
  );
}

/** Values that Docker will see, those taken from the environment included. */
function buildArgumentValues(
  buildArgs: readonly string[],
  { environment, platform }: RunContext,
): Record<string, string> {
  return Object.fromEntries(
    buildArgs.flatMap((argument) => {
      const equals = argument.indexOf('=');
      if (equals >= 0) return [[argument.slice(0, equals), argument.slice(equals + 1)]];
      const value = readVariable(environment, argument, platform === 'win32');
      return value === undefined ? [] : [[argument, value]];
    }),
  );
}

/**
 * Builds. With the docker engine and base images all proven, Docker's own content trust is in
 * force too, unless the Dockerfile has what its simple reader takes for something else.
 * @throws {TrustError} BUILD_FAILED and what runBuild throws
 */
export async function buildImage(
  { request, dockerfile }: PreparedBuild,
  decisions: BaseImageDecisions | undefined,
  configuration: Configuration,
  { cli }: PrivateDocker,
  { tempDirectory, log }: RunContext,
): Promise<BuildResult> {
  const plan =
    dockerfile && decisions
      ? (request.builder === 'buildx' ? pinForBuildKit : pinForClassicBuilder)(
          dockerfile.text,
          decisions.bases,
          decisions.digests,
        )
      : { buildContexts: [] };
  const contentTrust =
    dockerfile && fitsDockerContentTrust(plan.dockerfile ?? dockerfile.text)
      ? dockerContentTrust(configuration, decisions?.reports)
      : undefined;
  const options = { tempDirectory, log, ...(contentTrust ? { contentTrust } : {}) };
  if (!dockerfile || !decisions) return runBuild(cli, request, options);

  const folder = await mkdtemp(path.join(tempDirectory, 'acr-content-trust-dockerfile-'));
  try {
    const pinned = {
      ...request,
      buildContexts: plan.buildContexts,
      dockerfile: await copyDockerfile(folder, dockerfile, plan.dockerfile),
    };
    return await runBuild(cli, pinned, {
      ...options,
      isPinned: plan.dockerfile !== undefined || plan.buildContexts.length > 0,
      environment: await policyEnvironment(folder, decisions.sourcePolicy),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function policyEnvironment(
  folder: string,
  sourcePolicy: string | undefined,
): Promise<Record<string, string>> {
  if (sourcePolicy === undefined) return {};
  const file = path.join(folder, 'source-policy.json');
  await writeFile(file, sourcePolicy, { mode: 0o600, flag: 'wx' });
  return { [policyVariable]: file };
}

function dockerContentTrust(
  { signing, build, trustServer, image }: Configuration,
  baseImages: readonly BaseImageReport[] = [],
): { readonly server?: string } | undefined {
  if (signing?.engine !== 'docker' || build?.baseImages === 'ignore') return undefined;
  // Docker refuses every unsigned base image, which is more than "pin-signed" asks for.
  if (baseImages.some(({ status }) => status === 'unsigned' || status === 'not-checked')) {
    return undefined;
  }
  return trustServer === `https://${image.registry}` ? {} : { server: trustServer };
}
