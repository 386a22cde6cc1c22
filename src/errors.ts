/**
 * The one error class of the product. Everything a user can meet has a code of the closed union
 * below, a message (what happened to which object) and a remedy (what to do about it). Neither
 * ever carries a secret.
 */

/** Every kind of failure a user can meet; docs/troubleshooting.md explains each. */
export const errorCodes = [
  // What was asked for, judged without asking anybody: by the inputs and the files they name.
  'INPUT_INVALID',
  'INPUT_MISSING',
  'INPUT_CONFLICT',
  'CONFIRMATION_MISSING',
  // Who asks: Microsoft Entra ID.
  'CREDENTIAL_MISSING',
  'CREDENTIAL_INVALID',
  'CREDENTIAL_REJECTED',
  'TENANT_NOT_FOUND',
  'FEDERATION_REFUSED',
  'ENTRA_UNREACHABLE',
  // Keys.
  'KEY_REFERENCE_INVALID',
  'KEY_NOT_FOUND',
  'KEY_UNSUITABLE',
  'KEY_DISABLED',
  'KEY_NOT_AUTHORIZED',
  'KEY_CONFLICT',
  'KEY_PURPOSE_UNKNOWN',
  'KEY_NOT_EXPORTABLE',
  'KEY_PASSPHRASE_MISSING',
  'KEY_PASSPHRASE_WRONG',
  'VAULT_UNREACHABLE',
  'VAULT_FORBIDDEN',
  'VAULT_FAILED',
  'ARCHIVE_INVALID',
  // The registry.
  'REGISTRY_UNREACHABLE',
  'REGISTRY_FIREWALL',
  'REGISTRY_LOGIN_REFUSED',
  'REGISTRY_LOGIN_EXPIRED',
  'REGISTRY_FAILED',
  'PUSH_NOT_AUTHORIZED',
  'SIGNER_NOT_AUTHORIZED',
  'CONTENT_TRUST_UNAVAILABLE',
  'MANIFEST_NOT_FOUND',
  'DIGEST_MISMATCH',
  'TAG_MOVED',
  // Trust data.
  'TRUST_DATA_MISSING',
  'TRUST_DATA_EXPIRED',
  'TRUST_DATA_EXPIRING',
  'TRUST_DATA_INVALID',
  'TRUST_PIN_MISMATCH',
  'TRUST_ANCHOR_MISSING',
  'TRUST_ANCHOR_INVALID',
  'ROLE_NOT_FOUND',
  'ROTATION_REJECTED',
  'TRUST_SERVER_UNREACHABLE',
  'TRUST_SERVER_REJECTED',
  'TRUST_CONFLICT',
  'TAG_NOT_SIGNED',
  'POLICY_NOT_MET',
  'READ_BACK_FAILED',
  // Notary Project signatures.
  'CERTIFICATE_UNSUITABLE',
  'SIGNATURE_INVALID',
  'SIGNATURE_MISSING',
  'SIGNATURE_REJECTED',
  'TRUST_POLICY_INVALID',
  'TIMESTAMP_FAILED',
  'TIMESTAMP_INVALID',
  'SIGNATURE_NOT_LISTED',
  'MIGRATION_INCOMPLETE',
  // Docker.
  'DOCKER_NOT_FOUND',
  'DOCKER_ENGINE_DOWN',
  'DOCKER_UNSUITABLE',
  'DOCKERFILE_NOT_FOUND',
  'DOCKERFILE_AMBIGUOUS',
  'DOCKERFILE_INVALID',
  'BASE_IMAGE_UNSIGNED',
  'BASE_IMAGE_CONFLICT',
  'BUILD_FAILED',
  'PUSH_FAILED',
  'PULL_FAILED',
  'DOCKER_SIGN_FAILED',
  // Ourselves.
  'CHECKS_FAILED',
  'FILE_NOT_WRITTEN',
  'INTERRUPTED',
  'OUT_OF_MEMORY',
  'OUT_OF_DESCRIPTORS',
  'UNEXPECTED',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Failures that say nothing about trust data, only that nobody answered for it. */
export const unreachableCodes = [
  'TRUST_SERVER_UNREACHABLE',
  'TRUST_SERVER_REJECTED',
  'CONTENT_TRUST_UNAVAILABLE',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_FIREWALL',
  'REGISTRY_LOGIN_REFUSED',
  'REGISTRY_FAILED',
] as const satisfies readonly ErrorCode[];

/**
 * What the process exits with, on every host. A shell gives 128 and the number of the signal for a
 * process that a signal ended; docs/troubleshooting.md has the same table.
 */
export const exitCodes = {
  done: 0,
  failed: 1,
  badInput: 2,
  stopped: { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, SIGBREAK: 149 },
} as const;

/** A signal that asks a run to stop. */
export type StopSignal = keyof typeof exitCodes.stopped;

/** Whether the inputs alone are to blame: the same run fails again, whenever it is started. */
export function isInputCode(code: ErrorCode): boolean {
  return code.startsWith('INPUT_');
}

/** The exit code of a run that ended with `failure`, or without one. */
export function exitCodeOf(
  failure: { readonly code: ErrorCode; readonly stoppedBy?: StopSignal } | undefined,
): number {
  if (!failure) return exitCodes.done;
  if (failure.stoppedBy) return exitCodes.stopped[failure.stoppedBy];
  return isInputCode(failure.code) ? exitCodes.badInput : exitCodes.failed;
}

/** What an error carries besides its code and message. */
export interface ErrorDetails {
  /** What the person reading the log should do, as one or more full sentences. */
  readonly remedy: string;
  /** What was caught, kept for the debug log. */
  readonly cause?: unknown;
}

/** A failure with a code, a message that names its object, and a remedy. */
export class TrustError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TrustError';
    this.code = code;
    this.remedy = details.remedy;
  }
}

/** Tells whether `error` is a {@link TrustError}, of one of `codes` if any are given. */
export function isTrustError(error: unknown, ...codes: readonly ErrorCode[]): error is TrustError {
  return error instanceof TrustError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything that was thrown, an `Error` or not. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The name that the system, Node or a library gives a failure, such as `ENOENT`; empty without one. */
export function codeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return '';
  return typeof thrown.code === 'string' ? thrown.code : '';
}

/** Whether something failed with one of these names. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(codeOf(thrown));
}

/** Whether there is no such file; also where its folder is not one. */
export function isMissing(thrown: unknown): boolean {
  return hasCode(thrown, 'ENOENT', 'ENOTDIR');
}

/**
 * The failure of something that this process had no file descriptor left for, so that no server is
 * blamed; undefined for any other.
 * @param code the system's name of the failure.
 * @param what what could not be done, at the beginning of a sentence.
 */
export function withoutDescriptor(
  code: string,
  what: string,
  cause: unknown,
): TrustError | undefined {
  if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
  const who = code === 'EMFILE' ? 'process' : 'machine';
  return new TrustError(
    'OUT_OF_DESCRIPTORS',
    `${what}: this ${who} has no file descriptor left (${code})`,
    {
      remedy:
        'Raise the limit of open files ("ulimit -n"), or let fewer jobs run on this machine at the same time.\nRun the step again.',
      cause,
    },
  );
}
