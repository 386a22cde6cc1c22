/**
 * Tells apart why `docker build` or `docker push` failed, from the words of the CLI and the engine.
 * Only for choosing code and remedy of an error that is certain: the exit code said so.
 */
import { type ErrorCode, isTrustError, TrustError } from '../errors.js';
import { clientAddressIn, registryFirewallError } from '../http/index.js';
import type { ExecResult } from '../ports.js';
import { allOutput, failureWords } from './text.js';

interface Cause {
  readonly pattern: RegExp;
  readonly code?: ErrorCode;
  readonly remedy: string;
}

/** A step of the user's Dockerfile failed: BuildKit's and the classic builder's words for it. */
const ownStepFailed = /did not complete successfully|returned a non-zero code/;

const engineDown: Cause = {
  // The CLI also says "error during connect" when it stops sending a build context by itself.
  pattern:
    /cannot connect to the docker daemon|is the docker daemon running|error during connect: (?!.*invalid reference format)/i,
  code: 'DOCKER_ENGINE_DOWN',
  remedy: 'Start the engine, or point DOCKER_HOST or DOCKER_CONTEXT at one this agent may use.',
};

const pushCauses: readonly Cause[] = [
  engineDown,
  {
    pattern: /operation is disallowed on this registry, repository or image/i,
    remedy:
      'The tag or the repository is locked. Push another tag, or look at its attribute writeEnabled with:\n' +
      'az acr repository show --name <registry> --repository <repository> --query changeableAttributes',
  },
  {
    pattern:
      /\bdenied\b|unauthorized|authentication required|no basic auth credentials|\b401 Unauthorized|\b403 Forbidden|insufficient_scope/i,
    code: 'PUSH_NOT_AUTHORIZED',
    remedy:
      'Assign AcrPush on this registry to the principal of this step; a new role takes effect with the next login only.',
  },
  {
    pattern:
      /image does not exist locally|tag does not exist|No such image|does not exist locally/i,
    remedy: 'Build the image first, under exactly this repository and tag.',
  },
  {
    pattern: /x509:|certificate signed by unknown authority|server gave HTTP response to HTTPS/i,
    remedy:
      "The engine does not trust the registry's certificate: put its CA into /etc/docker/certs.d/<host>/ca.crt on the engine.",
  },
  {
    pattern: /toomanyrequests|429 Too Many/i,
    remedy: 'The registry throttles this agent; run the step again later.',
  },
  {
    pattern:
      /no such host|connection refused|i\/o timeout|TLS handshake timeout|deadline exceeded|connection reset|network is unreachable|broken pipe|request canceled|proxyconnect|unexpected EOF/i,
    remedy:
      'The engine cannot reach the registry: check DNS, firewall and the proxy of the engine (not of this step), then run again.',
  },
];

const buildCauses: readonly Cause[] = [
  engineDown,
  {
    pattern:
      /not (?:currently )?(?:supported|implemented) for (?:the )?docker driver|Multi-platform build is not supported/i,
    code: 'DOCKER_UNSUITABLE',
    remedy:
      'The builder\'s driver "docker" cannot do this. Create another one first: `docker buildx create --use` (driver docker-container), or docker/setup-buildx-action.',
  },
  {
    pattern:
      /unknown flag: |unknown shorthand flag: |is not a docker command|BuildKit is enabled but/i,
    code: 'DOCKER_UNSUITABLE',
    remedy:
      'This Docker CLI, or its buildx, does not support an option of this step: update it, or omit the input.',
  },
  {
    pattern: /unable to prepare context|invalid (?:ref|build) context|path ".*" not found/i,
    remedy: 'Check the input `context`: it is relative to the working folder of the step.',
  },
  {
    pattern: /no space left on device/i,
    remedy: 'The disk of the engine is full: `docker system df`, `docker system prune`.',
  },
  {
    pattern: /exec format error/i,
    remedy:
      'This platform cannot run here: install emulation (tonistiigi/binfmt), or build on that platform.',
  },
  {
    pattern:
      /pull access denied|failed to resolve source metadata|manifest unknown|failed to authorize/i,
    remedy:
      'A base image cannot be pulled: check its name, and that this step is logged in to its registry.',
  },
];

/** What registry and trust server say to a login that they do not accept (any more). */
const loginRefused =
  /\bdenied\b|unauthorized|authentication required|no basic auth credentials|\b401 Unauthorized|failed to authorize/i;

/** Whether a build or push failed because a registry or trust server did not accept its login. */
export function isLoginRefusal(error: unknown): error is TrustError {
  if (isTrustError(error, 'PUSH_NOT_AUTHORIZED', 'SIGNER_NOT_AUTHORIZED')) return true;
  // A base image that the builder could not pull; the output of a failed step may say anything.
  return (
    isTrustError(error, 'BUILD_FAILED', 'PUSH_FAILED', 'DOCKER_SIGN_FAILED') &&
    !ownStepFailed.test(error.message) &&
    loginRefused.test(error.message)
  );
}

/** Why a push failed: PUSH_NOT_AUTHORIZED, DOCKER_ENGINE_DOWN or PUSH_FAILED. */
export function pushFailure(reference: string, result: ExecResult): TrustError {
  return failure(
    `docker push ${reference}`,
    result,
    pushCauses,
    'PUSH_FAILED',
    'Read the lines above; run the step again if the cause was temporary.',
  );
}

/** How a build was run. */
export interface BuildRun {
  readonly pushes: boolean;
  /** The builder read a copy of the Dockerfile in which base images are pinned. */
  readonly isPinned: boolean;
}

/** Why a build failed; one that pushes too may have failed in the push. */
export function buildFailure(result: ExecResult, { pushes, isPinned }: BuildRun): TrustError {
  const text = allOutput(result);
  const words = failureWords(result);
  // moby/buildkit sourcepolicy/engine.go, and policies of buildx.
  const source = /source "([^"\s]+)" (?:denied|not allowed) by policy/.exec(words)?.[1];
  if (source !== undefined && !ownStepFailed.test(words)) {
    return new TrustError(
      'BASE_IMAGE_UNSIGNED',
      `The source policy of the build denies ${source}`,
      {
        remedy:
          'The builder may use the base images that this step listed as signed or named by digest, and no others. ' +
          'Name this one in the Dockerfile, so that it is verified: ONBUILD instructions of a base image, for example, use images that the Dockerfile does not name.',
      },
    );
  }
  if (
    pushes &&
    // The last is buildx on a push that Docker's own driver does (docker/buildx build/build.go).
    /failed to (?:push|do request: .*push)|error: failed to solve: .*push|^ > pushing \S+ with docker:$/im.test(
      text,
    )
  ) {
    return failure(
      'docker buildx build --push',
      result,
      pushCauses,
      'PUSH_FAILED',
      'Read the lines above.',
    );
  }
  return failure(
    'docker build',
    result,
    buildCauses,
    'BUILD_FAILED',
    isPinned
      ? 'Read the output of the build above. The Dockerfile was built with its signed base images pinned to their digests; to compare, build with `base-images` set to ignore.'
      : 'Read the output of the build above; it fails the same way outside this step.',
  );
}

function failure(
  command: string,
  result: ExecResult,
  causes: readonly Cause[],
  code: ErrorCode,
  remedy: string,
): TrustError {
  // The last words decide: earlier lines are the user's own build output, which may say anything.
  const words = failureWords(result);
  const cause = ownStepFailed.test(words)
    ? undefined
    : causes.find((candidate) => candidate.pattern.test(words));
  const message = `${command} failed with exit code ${result.exitCode}: ${words}`;
  const firewall = ownStepFailed.test(words) ? undefined : firewallIn(message);
  return (
    firewall ?? new TrustError(cause?.code ?? code, message, { remedy: cause?.remedy ?? remedy })
  );
}

/** The firewall of Azure Container Registry, as the engine passes its words on. */
function firewallIn(message: string): TrustError | undefined {
  if (!/client with IP .* is not allowed access/i.test(message)) return undefined;
  // The words themselves name a page of Microsoft's.
  const host = /[a-z0-9-]+\.azurecr\.[a-z]+/i.exec(message)?.[0];
  return registryFirewallError(host ?? 'of the image', clientAddressIn(message), message);
}
