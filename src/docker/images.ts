/**
 * Asks the engine for its own record of an image: the ID a tag points to, and the digests under
 * which a repository is known to hold it.
 */
import { TrustError } from '../errors.js';
import { asList, asText, parseJsonObject } from '../json.js';
import type { DockerCli } from './cli.js';
import { failureWords } from './text.js';

/** The engine's record of one image. */
interface LocalImage {
  /** Digest of the image's config (classic store) or of its manifest or index (containerd store). */
  readonly id: string;
  /** `repository@sha256:...`, one per repository and manifest the engine pushed or pulled. */
  readonly repoDigests: readonly string[];
}

/**
 * Looks up an image by tag or ID; undefined where the engine has none.
 * @throws {TrustError} DOCKER_ENGINE_DOWN, UNEXPECTED
 */
export async function findLocalImage(
  docker: DockerCli,
  reference: string,
): Promise<LocalImage | undefined> {
  const result = await docker(['image', 'inspect', '--format', '{{json .}}', reference]);
  if (result.exitCode === 0) {
    const image = parseJsonObject(result.stdout);
    const id = asText(image?.Id);
    if (id !== undefined) {
      const repoDigests = asList(image?.RepoDigests)
        .map(asText)
        .filter((entry) => entry !== undefined);
      return { id, repoDigests };
    }
  } else if (/no such image|image not known/i.test(result.stderr)) {
    return undefined;
  } else if (/cannot connect to the docker daemon|error during connect/i.test(result.stderr)) {
    throw new TrustError(
      'DOCKER_ENGINE_DOWN',
      `The Docker engine stopped answering: ${failureWords(result)}`,
      {
        remedy: 'Look at the log of the engine, and run the step again once it is up.',
      },
    );
  }
  throw new TrustError('UNEXPECTED', `docker image inspect ${reference}: ${failureWords(result)}`, {
    remedy: 'Run the same command on the agent to see more.',
  });
}

/**
 * The one image that all `tags` point to.
 * @throws {TrustError} PUSH_FAILED where there is no such local image, or more than one
 */
export async function resolveLocalImage(
  docker: DockerCli,
  tags: readonly string[],
): Promise<LocalImage> {
  const [first = '', ...others] = tags;
  const found = await findLocalImage(docker, first);
  if (found === undefined) throw noSuchImage(first);
  for (const tag of others) {
    const image = await findLocalImage(docker, tag);
    if (image === undefined) throw noSuchImage(tag);
    if (image.id === found.id) continue;
    throw new TrustError(
      'PUSH_FAILED',
      `The tags do not point to one image: ${first} is ${found.id}, ${tag} is ${image.id}`,
      { remedy: 'Push them in separate steps, or tag them from the same build.' },
    );
  }
  return found;
}

/**
 * Makes sure that `tag` still points to the image this run built or found.
 * @throws {TrustError} TAG_MOVED, PUSH_FAILED
 */
export async function requireTagPointsTo(
  docker: DockerCli,
  tag: string,
  imageId: string,
): Promise<void> {
  const image = await findLocalImage(docker, tag);
  if (image === undefined) throw noSuchImage(tag);
  if (image.id === imageId) return;
  throw new TrustError(
    'TAG_MOVED',
    `The local tag ${tag} was ${imageId} and is ${image.id} now: something else on this engine tagged it`,
    { remedy: 'Let runs that share an engine use different tags, or not run at the same time.' },
  );
}

function noSuchImage(tag: string): TrustError {
  return new TrustError('PUSH_FAILED', `The engine has no image ${tag}`, {
    remedy: 'Build the image first, under exactly this registry, repository and tag.',
  });
}
