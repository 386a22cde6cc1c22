/**
 * Pushes a local image under a tag of the run's own, and tidies up local tags. What the registry
 * then holds under the wanted tags is not decided here.
 */
import { TrustError } from '../errors.js';
import type { Log } from '../ports.js';
import type { DockerCli } from './cli.js';
import { pushTags, type PushedContent } from './push.js';
import { failureWords } from './text.js';

/**
 * Pushes the image `imageId` as `reference`, which is a local tag for as long as that takes.
 * @throws {TrustError} as pushTags
 */
export async function pushUnder(
  docker: DockerCli,
  {
    repository,
    reference,
    imageId,
  }: Readonly<Record<'repository' | 'reference' | 'imageId', string>>,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<PushedContent> {
  await tagLocally(docker, imageId, reference);
  try {
    return await pushTags(docker, { repository, tags: [reference], imageId }, log);
  } finally {
    await untagLocally(docker, reference, log);
  }
}

/**
 * Gives the image that a build left as `from` its wanted local tags instead.
 * @throws {TrustError} PUSH_FAILED
 */
export async function renameLocally(
  docker: DockerCli,
  from: string,
  to: readonly string[],
  log: Pick<Log, 'warn'>,
): Promise<void> {
  for (const reference of to) await tagLocally(docker, from, reference);
  await untagLocally(docker, from, log);
}

async function tagLocally(docker: DockerCli, image: string, reference: string): Promise<void> {
  const result = await docker(['tag', image, reference]);
  if (result.exitCode === 0) return;
  throw new TrustError('PUSH_FAILED', `docker tag ${reference}: ${failureWords(result)}`, {
    remedy: 'Check that nothing removes images from this engine while the step runs.',
  });
}

/** Takes the name away, never the image: another name or the build still has it. */
async function untagLocally(
  docker: DockerCli,
  reference: string,
  log: Pick<Log, 'warn'>,
): Promise<void> {
  const result = await docker(['image', 'rm', '--no-prune', reference]);
  if (result.exitCode === 0) return;
  log.warn(`The local tag ${reference} remains: ${failureWords(result)}`);
}
