/** Prepares a build before anything happens: its request, and what its Dockerfile is read with. */
import path from 'node:path';
import { isTrustError } from '../errors.js';
import { checkBuildRequest, type BuildRequest } from './build-arguments.js';
import type { CheckedDocker, WantedBuild } from './check-docker.js';
import {
  findBaseImages,
  parseReference,
  type BaseImageOptions,
  type BaseImages,
} from './dockerfile/index.js';
import { readVariable } from './environment.js';
import { readExtraArguments } from './extra-arguments.js';
import { isPattern } from './find-dockerfile.js';
import {
  folderOfDockerfile,
  isRemoteContext,
  locateDockerfile,
  type LocatedDockerfile,
} from './locate-dockerfile.js';
import type { Machine } from '../ports.js';

/** A build that is ready to run. */
export interface PreparedBuild {
  readonly request: BuildRequest;
  /** Undefined where Dockerfile or context are remote: Docker fetches them, unseen by us. */
  readonly dockerfile: LocatedDockerfile | undefined;
}

/**
 * Finds the Dockerfile and checks the request.
 * @throws {TrustError} DOCKERFILE_NOT_FOUND, DOCKERFILE_AMBIGUOUS, INPUT_INVALID, INPUT_CONFLICT
 */
export async function prepareBuild(
  build: WantedBuild,
  result: Pick<BuildRequest, 'builder' | 'tags' | 'output'>,
  { workingDirectory }: Pick<Machine, 'workingDirectory'>,
): Promise<PreparedBuild> {
  const { context, dockerfile: file } = build;
  const dockerfile = await locateDockerfile({ context, dockerfile: file, workingDirectory });
  const request: BuildRequest = {
    ...build,
    ...result,
    ...(dockerfile && localBuild(build, dockerfile, workingDirectory)),
  };
  checkBuildRequest(request);
  return { request, dockerfile };
}

/** Context and Dockerfile as paths, where they are a pattern or could be read otherwise later. */
function localBuild(
  { context, dockerfile: file }: WantedBuild,
  { path: found }: LocatedDockerfile,
  workingDirectory: string,
): Pick<BuildRequest, 'context' | 'dockerfile'> {
  if (context === folderOfDockerfile) return { context: path.dirname(found), dockerfile: found };
  return {
    // A folder whose name looks like an address must not be read as one.
    context: isRemoteContext(context) ? path.resolve(workingDirectory, context) : context,
    dockerfile: file !== undefined && isPattern(file) ? found : file,
  };
}

type Surroundings = Pick<Machine, 'environment' | 'platform'>;

/** What a Dockerfile is read with to find its base images. */
export async function baseImageOptions(
  request: BuildRequest,
  docker: Pick<CheckedDocker, 'capabilities' | 'environment'>,
  machine: Surroundings,
): Promise<BaseImageOptions> {
  const isBuildx = request.builder === 'buildx';
  const nodes = isBuildx ? await docker.capabilities.builderNodes(request.builderName) : [];
  const [buildPlatform, ...others] = new Set(nodes.map(({ platform }) => platform));
  const extra = readExtraArguments(request.extraArguments ?? []);
  return {
    builder: isBuildx ? 'buildkit' : 'classic',
    buildArgs: buildArgumentValues([...(request.buildArgs ?? []), ...extra.buildArgs], machine),
    buildContexts: extra.buildContexts,
    target: request.target,
    platforms: platformsOf(request, docker, machine),
    scanners: isBuildx ? extra.scanners : [],
    // Nodes of several platforms share a build, and each has its own.
    buildPlatform: others.length > 0 ? undefined : buildPlatform,
  };
}

/** Without `--platform` both builders take this variable. */
function platformsOf(
  { platforms = [] }: BuildRequest,
  { environment }: Pick<CheckedDocker, 'environment'>,
  { platform }: Surroundings,
): readonly string[] {
  if (platforms.length > 0) return platforms.flatMap((text) => text.split(','));
  const wanted = readVariable(environment, 'DOCKER_DEFAULT_PLATFORM', platform === 'win32') ?? '';
  return wanted === '' ? [] : wanted.split(',');
}

/** Values that Docker will see, those taken from the environment included. */
function buildArgumentValues(
  buildArgs: readonly string[],
  { environment, platform }: Surroundings,
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
 * Whether a build may have to read from the registry it builds for, so that the run has to log in.
 * Says yes where that is not known. Sends no request.
 * @param registry the login server, in lower case.
 */
export function readsRegistry(
  { request, dockerfile }: PreparedBuild,
  registry: string,
  options: BaseImageOptions,
): boolean {
  // A remote Dockerfile is read by Docker alone.
  if (!dockerfile) return true;
  const texts = [
    dockerfile.text,
    request.context,
    ...(request.cacheFrom ?? []),
    ...(request.cacheTo ?? []),
    ...(request.extraArguments ?? []),
    ...Object.values(options.buildArgs ?? {}),
  ];
  if (texts.some((text) => text.toLowerCase().includes(registry))) return true;
  // A name may also be put together of variables.
  const bases = basesOf(dockerfile.text, options);
  return (
    !bases ||
    bases.unresolved.length > 0 ||
    bases.images.some(({ reference }) => parseReference(reference)?.host === registry)
  );
}

/** The base images of a Dockerfile; undefined for one that only Docker may understand. */
export function basesOf(text: string, options: BaseImageOptions): BaseImages | undefined {
  try {
    return findBaseImages(text, options);
  } catch (error) {
    if (isTrustError(error)) return undefined;
    throw error;
  }
}
