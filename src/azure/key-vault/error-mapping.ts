/**
 * What Key Vault and Managed HSM mean by an error answer, told as our errors. Reads codes first and
 * texts only where the vault gives nothing else; changes no error of the sign-in, which is not the
 * vault's.
 */
import { TrustError, isTrustError, type ErrorCode } from '../../errors.js';
import {
  responseBehind,
  requestedWait,
  busyRemedy,
  parseErrorResponse,
  HttpError,
} from '../../http/index.js';
import type { ErrorResponse } from '../../http/index.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import { conflictOf } from './conflicts.js';
import {
  describeActing,
  describeOperation,
  hostOf,
  isInManagedHsm,
  nounOf,
  vaultFlagOf,
  vaultNameOf,
  type VaultOperation,
} from './wording.js';
import { permissionRemedy } from './permissions.js';

/** The text names of @azure/identity's errors; its classes differ between installed copies. */
const signInErrors: readonly string[] = [
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
  'CredentialUnavailableError',
];

/**
 * The error to throw for what an SDK call threw. Errors of the sign-in and our own come back as
 * they are. Whatever else was thrown is never repeated, not even as a cause: the SDKs quote the
 * answer that they could not read, and it may be a private key.
 */
export function toVaultError(thrown: unknown, operation: VaultOperation): Error {
  if (isTrustError(thrown)) return thrown;
  if (thrown instanceof Error && signInErrors.includes(thrown.name)) return thrown;
  if (thrown instanceof HttpError) return unanswered(thrown, operation);
  const response = responseBehind(thrown);
  return response === undefined || response.status < 400
    ? unreadable(operation)
    : refused(parseErrorResponse(response), operation);
}

/** VAULT_FAILED for an answer that was cut or altered on the way, or makes no sense. */
export function unreadable(operation: VaultOperation): TrustError {
  return failed(operation, 'its response is not readable', undefined, mangled);
}

const mangled =
  'Run the step again.\nIf the error persists, look for something that alters responses between this machine and the vault, such as a proxy that inspects TLS.';

function refused(answer: ErrorResponse, operation: VaultOperation): TrustError {
  if (answer.code === undefined) return strange(answer, operation);
  switch (answer.status) {
    case 401:
      return refusedToken(answer, operation);
    case 403:
      return forbidden(answer, operation);
    case 400:
      return failed(
        operation,
        `it answered 400 ${described(answer)}`,
        undefined,
        badRequest(operation),
      );
    case 404:
      return notFound(operation);
    case 409:
      return conflictOf(operation, answer, described(answer));
    case 429:
      return failed(
        operation,
        `it keeps limiting the number of requests${requestedWait(answer)}`,
        undefined,
        `${busyRemedy(answer, 'the vault')}\nSpread parallel jobs over several vaults.`,
      );
    default:
      return failed(
        operation,
        `it answered ${answer.status} ${described(answer)}${requestedWait(answer)}`,
        undefined,
        answer.isBusy ? busyRemedy(answer, 'the vault') : tryAgain,
      );
  }
}

/** KEY_DISABLED for an object that exists but may not be used now. */
export function disabled(reference: VaultReference, why: string, cause?: unknown): TrustError {
  return trustError('KEY_DISABLED', `${formatKeyReference(reference)} cannot be used: ${why}`, {
    remedy: `Enable it, correct its activation and expiry dates, or refer to a valid version:\naz keyvault ${nounOf(reference)} list-versions ${vaultFlagOf(reference)} --name ${reference.name}`,
    cause,
  });
}

/** VAULT_UNREACHABLE after our own deadline. */
export function timedOut({ reference }: VaultOperation, ms: number): TrustError {
  const message = `${hostOf(reference)} did not answer within ${ms / 1000} seconds`;
  return trustError('VAULT_UNREACHABLE', message, { remedy: reachRemedy });
}

/** VAULT_FAILED: the vault answered, but not as it should. */
export function failed(
  operation: VaultOperation,
  why: string,
  cause?: unknown,
  remedy = tryAgain,
): TrustError {
  const message = `Key Vault could not ${describeOperation(operation)}: ${why}`;
  return trustError('VAULT_FAILED', message, { remedy, cause });
}

const tryAgain =
  'Run the step again. If the error persists, check the health of the vault in the Azure portal.';

/** What is most likely wrong with a request that the vault does not take. */
function badRequest({ reference, action }: VaultOperation): string {
  if (action === 'create' || action === 'import') {
    return `A key in hardware (EC-HSM, RSA-HSM) needs a vault of the tier Premium. See the tier of this one with:\naz keyvault show --name ${vaultNameOf(reference)} --query properties.sku.name\nOmit the option for hardware keys, or name a vault of that tier.`;
  }
  if (action !== 'restore') return tryAgain;
  return isInManagedHsm(reference)
    ? 'A backup of a Managed HSM restores only into an HSM of the same security domain.'
    : 'Azure restores a backup only into a vault of the same subscription and the same geography as ' +
        'the vault it was taken from. If this vault is in them, the backup is damaged: use another copy.';
}

const reachRemedy =
  'Check the name of the vault, its firewall and private endpoints, and the proxy and DNS of this agent.';

function unanswered(error: HttpError, operation: VaultOperation): TrustError {
  const { reference } = operation;
  const host = hostOf(reference);
  switch (error.kind) {
    case 'unreadable':
      return unreadable(operation);
    case 'too-large':
      return failed(operation, 'its response is larger than allowed', undefined, mangled);
    case 'aborted':
    case 'timeout':
      return trustError('VAULT_UNREACHABLE', `${host} does not answer: ${error.message}`, {
        remedy: reachRemedy,
      });
    case 'tls':
    case 'unreachable':
      return trustError('VAULT_UNREACHABLE', `${host} cannot be reached: ${error.message}`, {
        remedy: error.message.includes('ENOTFOUND')
          ? `Check that a vault named "${vaultNameOf(reference)}" exists in this cloud: ` +
            `az keyvault show --name ${vaultNameOf(reference)}\n` +
            'Check that this agent can resolve its name.'
          : reachRemedy,
        cause: error,
      });
  }
}

function strange({ status, speaker }: ErrorResponse, { reference }: VaultOperation): TrustError {
  const message = `${hostOf(reference)} cannot be reached: the response ${status} is not from Key Vault but from something in between, such as a proxy${speaker === undefined ? '' : ` (${speaker})`}`;
  return trustError('VAULT_UNREACHABLE', message, { remedy: reachRemedy });
}

function refusedToken(answer: ErrorResponse, { reference }: VaultOperation): TrustError {
  return trustError(
    'VAULT_FORBIDDEN',
    `${hostOf(reference)} does not accept the sign-in: ${described(answer)}`,
    {
      remedy:
        'The vault accepts identities of its own tenant only. Sign in to its tenant and cloud. See the tenant with:\n' +
        `az keyvault show --name ${vaultNameOf(reference)} --query properties.tenantId`,
    },
  );
}

function forbidden(answer: ErrorResponse, operation: VaultOperation): TrustError {
  const { innerCode = '', words } = answer;
  // The inner codes say which; some answers have only the text ("... on a disabled key").
  if (
    /(Disabled|Expired|NotYetValid)$/.test(innerCode) ||
    /\b(disabled|expired) (key|secret|certificate)\b|not yet valid/.test(words)
  ) {
    return disabled(operation.reference, described(answer));
  }
  return trustError(
    'VAULT_FORBIDDEN',
    answer.firewall === undefined
      ? `Key Vault forbids ${describeActing(operation)}: ${described({ ...answer, words: withoutCaller(words) })}`
      : `The firewall of ${hostOf(operation.reference)} blocks this machine, so ${describeActing(operation)} is not possible: ${described(answer)}`,
    { remedy: permissionRemedy(operation, answer) },
  );
}

/** Caller, action and resource, which a vault with roles lists at the end, stand in the remedy. */
function withoutCaller(words: string): string {
  return words.replace(/\s*\bCaller: appid=[^]*\bAction: [^]*$/, '');
}

function notFound({ reference }: VaultOperation): TrustError {
  const command = (verb: string): string =>
    `az keyvault ${nounOf(reference)} ${verb} ${vaultFlagOf(reference)}`;
  return trustError('KEY_NOT_FOUND', `${formatKeyReference(reference)} does not exist`, {
    remedy:
      `Correct the reference. See what there is with: ${command('list')}\n` +
      'If it was deleted, its owner can recover it for 7 to 90 days:\n' +
      `${command('recover')} --name ${reference.name}`,
  });
}

/** Code of the answer, the inner code if any, and the vault's own words. */
function described({ code, innerCode, words }: ErrorResponse): string {
  const codes = [code, innerCode].filter((text) => text !== undefined && text !== '');
  return `${codes.join(', ')} (${words})`;
}

function trustError(
  code: ErrorCode,
  message: string,
  { remedy, cause }: { readonly remedy: string; readonly cause?: unknown },
): TrustError {
  return new TrustError(code, message, { remedy, cause });
}
