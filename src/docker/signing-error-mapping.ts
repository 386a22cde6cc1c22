/**
 * Gives the failures of Docker's own content trust a code and a remedy, keeping Docker's words. The
 * texts: docker/cli cli/trust/trust.go (NotaryError) and theupdateframework/notary client errors.
 */
import { type ErrorCode, TrustError } from '../errors.js';
import type { ExecResult } from '../ports.js';
import { type BuildRun, buildFailure, pushFailure } from './error-mapping.js';
import { allOutput, failureWords } from './text.js';

interface TrustCause {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly remedy: string;
}

const refused =
  'Assign AcrImageSigner (besides AcrPush) on this registry to the principal of this step. A new role takes effect with the next login only; the admin account and repository-scoped tokens can never sign.';
const invalid =
  'Do not overwrite it: inspect the trust data with `docker trust inspect --pretty`, and compare its root key with the one you know. If the repository was deleted and initialised again, consumers must remove ~/.docker/trust/tuf/<repository>.';

const causes: readonly TrustCause[] = [
  {
    pattern:
      /server returned 401|you are not authorized to perform this operation|trust server at this time: 403/i,
    code: 'SIGNER_NOT_AUTHORIZED',
    remedy: refused,
  },
  {
    pattern: /trust server at this time: 405/i,
    code: 'CONTENT_TRUST_UNAVAILABLE',
    remedy:
      'The registry does not serve content trust: it needs the Premium tier and the policy "content trust". Since 2026-05-31 it cannot be enabled on a registry that never had it.',
  },
  {
    pattern: /trust server at this time: \d+|error contacting notary server/i,
    code: 'TRUST_SERVER_UNREACHABLE',
    remedy:
      'Check the trust server and the network path to it (proxy, firewall, CA), then run again.',
  },
  {
    pattern: /no hashes specified for target/i,
    code: 'DOCKER_UNSUITABLE',
    remedy:
      'The engine uses the containerd image store, where the Docker CLI cannot sign: use `engine: native`.',
  },
  {
    pattern: /out-of-date: .+ expired at|\bexpired at \w{3} /i,
    code: 'TRUST_DATA_EXPIRED',
    remedy: 'Ask the holder of a key of the role named above to renew it first ("keys renew").',
  },
  {
    pattern: /trust server rejected operation/i,
    code: 'TRUST_SERVER_REJECTED',
    remedy:
      'Mostly another run signed in this repository at the same time: run the step again. The native engine retries by itself.',
  },
  {
    pattern: /no valid signing keys for delegation roles/i,
    code: 'DOCKER_SIGN_FAILED',
    remedy:
      'The signing key is in none of the delegations of this repository: add it with `signers add` or `docker trust signer add`, or use a key that is listed.',
  },
  {
    pattern:
      /could not find (?:necessary )?signing keys|signing keys for remote repository .* not found|could not decrypt|could not produce valid signature|no keys? (?:found|present)|password invalid/i,
    code: 'DOCKER_SIGN_FAILED',
    remedy:
      'Docker could not use the key: it is not one the repository lists for signing, or its passphrase is wrong.',
  },
  {
    pattern:
      /potential malicious behavior|could not validate the path to a trusted root|could not rotate trust|checksum for .* did not match|metadata invalid|trust server returned a bad response|no trust data available for remote repository|invalid character .* looking for/i,
    code: 'TRUST_DATA_INVALID',
    remedy: invalid,
  },
  {
    pattern:
      /remote trust data does not exist|does not have trust data|trust data missing|trust data unavailable|no valid trust data for/i,
    code: 'TRUST_DATA_MISSING',
    remedy: 'Sign a tag of this repository first, with a root key, to initialise its trust data.',
  },
  {
    pattern: /Enter (?:new )?passphrase for|inappropriate ioctl|\bEOF$/im,
    code: 'DOCKER_SIGN_FAILED',
    remedy:
      'Docker asked for the passphrase of a key that this run did not give it: the repository needs a key other than the signing key. Let its owner add the signing key as a signer.',
  },
  {
    pattern:
      /no such host|connection refused|i\/o timeout|TLS handshake|x509:|network is unreachable/i,
    code: 'TRUST_SERVER_UNREACHABLE',
    remedy:
      'Check the trust server and the network path to it (proxy, firewall, CA), then run again.',
  },
];

/** What docker/cli prints once the image itself is in the registry. */
const signingStarted = 'Signing and pushing trust metadata';

/** What a `docker push` with content trust has come to. */
type TrustedPushOutcome =
  /** Not known to be in the registry. */
  | { readonly kind: 'not-pushed'; readonly error: TrustError }
  | { readonly kind: 'unsigned'; readonly error: TrustError }
  /** Docker says that it signed it, or lost the server when it had begun to. */
  | { readonly kind: 'maybe-signed'; readonly error: TrustError | undefined };

/**
 * An exit code of 0 is no proof: `--all-tags` and a CLI without content trust push unsigned with 0.
 * Reading back is still the caller's task.
 */
export function trustedPushOutcome(reference: string, result: ExecResult): TrustedPushOutcome {
  const hasBegun = allOutput(result).includes(signingStarted);
  if (result.exitCode === 0) {
    return hasBegun
      ? { kind: 'maybe-signed', error: undefined }
      : { kind: 'unsigned', error: unsignedAlthoughPushed(reference) };
  }
  if (!hasBegun) return { kind: 'not-pushed', error: pushFailure(reference, result) };
  const words = failureWords(result);
  const cause = causes.find(({ pattern }) => pattern.test(words));
  const error = new TrustError(
    cause?.code ?? 'DOCKER_SIGN_FAILED',
    `Docker pushed ${reference} and then could not sign it: ${words}`,
    { remedy: cause?.remedy ?? 'Remove the cause and sign the tag again, or delete the tag.' },
  );
  // A refusal is certain. A server that cannot be reached may have taken the signature before.
  const isRefused = cause !== undefined && cause.code !== 'TRUST_SERVER_UNREACHABLE';
  return { kind: isRefused ? 'unsigned' : 'maybe-signed', error };
}

function unsignedAlthoughPushed(reference: string): TrustError {
  return new TrustError(
    'DOCKER_SIGN_FAILED',
    `Docker pushed ${reference} without signing it, and reported success`,
    { remedy: 'Use `engine: native`; this Docker CLI does not sign.' },
  );
}

/** Why a classic build with content trust failed: its base images, or the build itself. */
export function trustedBuildFailure(result: ExecResult, run: BuildRun): TrustError {
  const words = failureWords(result);
  if (/error during connect: .*invalid reference format/.test(words)) {
    return new TrustError(
      'DOCKER_UNSUITABLE',
      `Docker's own content trust cannot verify a FROM with a variable in it: ${words}`,
      { remedy: 'Use `engine: native`, or write the base image without a variable.' },
    );
  }
  const cause = causes.find(({ pattern, code }) => baseImageCodes.has(code) && pattern.test(words));
  // A step of the build that failed says so; its own output may contain anything.
  if (cause === undefined || words.includes('returned a non-zero code')) {
    return buildFailure(result, run);
  }
  const isUnsigned = cause.code === 'TRUST_DATA_MISSING';
  return new TrustError(
    isUnsigned ? 'BASE_IMAGE_UNSIGNED' : cause.code,
    `docker build refused a base image: ${words}`,
    {
      remedy: isUnsigned
        ? 'Use a signed base image, pin it by digest, or choose another policy in `base-images`.'
        : 'Look at the trust data of the base image with `docker trust inspect --pretty`.',
    },
  );
}

const baseImageCodes: ReadonlySet<ErrorCode> = new Set([
  'SIGNER_NOT_AUTHORIZED',
  'TRUST_SERVER_UNREACHABLE',
  'TRUST_DATA_EXPIRED',
  'TRUST_DATA_INVALID',
  'TRUST_DATA_MISSING',
]);
