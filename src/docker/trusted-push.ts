/**
 * Lets the Docker CLI push and sign. Content trust is switched on, and passphrases are handed over,
 * in the environment of that one child only. Never says "signed": the caller reads back.
 */
import { TrustError } from '../errors.js';
import type { Log } from '../ports.js';
import type { DockerCli } from './cli.js';
import { requireTagPointsTo } from './images.js';
import { type PushRequest, type PushedContent, pushedContent, refusedOrBroken } from './push.js';
import { trustedPushOutcome } from './signing-error-mapping.js';

interface TrustedPushRequest extends PushRequest {
  /** `https://...`; Docker's default is the registry itself. */
  readonly trustServer?: string;
  /** Opens a root key; needed for the first push of a repository only. Secret. */
  readonly rootPassphrase?: string;
  /** Opens repository and delegation keys. Secret. */
  readonly repositoryPassphrase?: string;
}

/**
 * Pushes and signs every tag, one after the other: Docker cannot sign several at once.
 * @throws {TrustError} DOCKER_SIGN_FAILED, SIGNER_NOT_AUTHORIZED, CONTENT_TRUST_UNAVAILABLE,
 * TRUST_SERVER_*, TRUST_DATA_*, and those of pushTags.
 */
export async function pushAndSignTags(
  docker: DockerCli,
  request: TrustedPushRequest,
  log: Pick<Log, 'info'>,
): Promise<PushedContent> {
  const env = trustEnvironment(request);
  for (const tag of request.tags) {
    await requireTagPointsTo(docker, tag, request.imageId);
    log.info(`docker push ${tag} (with content trust)`);
    request.onProgress?.(tag, 'pushing');
    const result = await docker(['push', tag], { echo: true, env });
    const outcome = trustedPushOutcome(tag, result);
    if (outcome.kind === 'not-pushed') throw refusedOrBroken(request, tag, outcome.error);
    request.onProgress?.(tag, outcome.kind);
    if (outcome.error) throw outcome.error;
  }
  return pushedContent(docker, request.repository, request.imageId);
}

function trustEnvironment(request: TrustedPushRequest): Record<string, string> {
  const { trustServer, rootPassphrase, repositoryPassphrase } = request;
  if (trustServer !== undefined && !trustServer.startsWith('https://')) {
    throw new TrustError(
      'INPUT_INVALID',
      `The trust server ${trustServer} is not an https address`,
      {
        remedy: 'Give `trust-server` an address that starts with https://, or leave it out.',
      },
    );
  }
  return {
    DOCKER_CONTENT_TRUST: '1',
    ...(trustServer === undefined ? {} : { DOCKER_CONTENT_TRUST_SERVER: trustServer }),
    ...(rootPassphrase === undefined
      ? {}
      : { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: rootPassphrase }),
    ...(repositoryPassphrase === undefined
      ? {}
      : { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: repositoryPassphrase }),
  };
}
