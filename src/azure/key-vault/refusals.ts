/**
 * What Key Vault and Managed HSM mean by an error answer, told as our errors. Reads codes first and
 * texts only where the vault gives nothing else; changes no error of the sign-in, which is not the
 * vault's.
 */
import { isRestError, type RestError } from '@azure/core-rest-pipeline';

import { TrustError, isTrustError, messageOf, type ErrorCode } from '../../errors.js';
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
} from './names.js';
import { permissionRemedy } from './permissions.js';
import { StrangeAnswerError } from './pipeline.js';

/** The text names of @azure/identity's errors; its classes differ between installed copies. */
const signInErrors: readonly string[] = [
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
  'CredentialUnavailableError',
];

/**
 * The error to throw for what an SDK call threw. Errors of the sign-in and our own come back as
 * they are.
 */
export function refusalOf(thrown: unknown, operation: VaultOperation): Error {
  if (isTrustError(thrown)) return thrown;
  if (thrown instanceof Error && signInErrors.includes(thrown.name)) return thrown;
  if (thrown instanceof StrangeAnswerError) return strange(thrown, operation);
  if (!isRestError(thrown)) {
    // The SDK takes an answer apart without looking; its own words would say nothing to a reader.
    const why =
      thrown instanceof TypeError
        ? 'it answered with something that makes no sense'
        : firstLine(messageOf(thrown));
    return failed(operation, why, thrown);
  }
  switch (thrown.statusCode) {
    case undefined:
      return unreachable(thrown, operation);
    case 401:
      return refusedToken(thrown, operation);
    case 403:
      return forbidden(thrown, operation);
    case 400:
      return failed(
        operation,
        `it answered 400 ${described(thrown)}`,
        thrown,
        badRequest(operation),
      );
    case 404:
      return notFound(thrown, operation);
    case 409:
      return conflictOf(thrown, operation, innerCodeOf(thrown), described(thrown));
    case 429:
      return failed(
        operation,
        'it limits the number of requests, and went on doing so',
        thrown,
        'Run the job again later; spread parallel jobs over several vaults.',
      );
    default:
      return failed(operation, `it answered ${thrown.statusCode} ${described(thrown)}`, thrown);
  }
}

/** KEY_DISABLED for an object that exists but may not be used now. */
export function disabled(reference: VaultReference, why: string, cause?: unknown): TrustError {
  return trustError('KEY_DISABLED', `${formatKeyReference(reference)} cannot be used: ${why}`, {
    remedy:
      'Enable it, correct its activation and expiry dates, or refer to a version that is in force ' +
      `(az keyvault ${nounOf(reference)} list-versions ${vaultFlagOf(reference)} ` +
      `--name ${reference.name}).`,
    cause,
  });
}

/** VAULT_UNREACHABLE after our own deadline. */
export function timedOut({ reference }: VaultOperation, ms: number, cause: unknown): TrustError {
  const message = `${hostOf(reference)} did not answer within ${ms / 1000} seconds`;
  return trustError('VAULT_UNREACHABLE', message, { remedy: reachRemedy, cause });
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
  'Run the job again; if it stays so, look at the health of the vault in the Azure portal.';

/** What is most likely wrong with a request that the vault does not take. */
function badRequest({ reference, action }: VaultOperation): string {
  if (action === 'create' || action === 'import') {
    return (
      'A key in hardware (EC-HSM, RSA-HSM) needs a vault of the tier Premium (az keyvault show ' +
      `--name ${vaultNameOf(reference)} --query properties.sku.name). Leave the option for hardware ` +
      'keys out, or name a vault of that tier.'
    );
  }
  if (action !== 'restore') return tryAgain;
  return isInManagedHsm(reference)
    ? 'A backup of a Managed HSM restores only into an HSM of the same security domain.'
    : 'Azure restores a backup only into a vault of the same subscription and the same geography as ' +
        'the vault it was taken from. If this vault is in them, the backup is damaged: use another copy.';
}

const reachRemedy =
  'Check the name of the vault, its firewall and private endpoints, and the proxy and DNS of this agent.';

function unreachable(error: RestError, operation: VaultOperation): TrustError {
  if (error.code === 'PARSE_ERROR') return failed(operation, 'its answer is not readable', error);
  const { reference } = operation;
  const host = hostOf(reference);
  const code = networkCodeOf(error);
  if (code === 'ENOTFOUND') {
    return trustError('VAULT_UNREACHABLE', `There is no host ${host}`, {
      remedy:
        `Check that a vault named "${vaultNameOf(reference)}" exists in this cloud ` +
        `(az keyvault show --name ${vaultNameOf(reference)}) and that this agent can resolve it.`,
      cause: error,
    });
  }
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code)) {
    return trustError(
      'VAULT_UNREACHABLE',
      `The TLS certificate of ${host} is not trusted: ${code}`,
      {
        remedy:
          'If a proxy inspects TLS on this network, give its CA certificate to Node in ' +
          'NODE_EXTRA_CA_CERTS before the job starts.',
        cause: error,
      },
    );
  }
  return trustError('VAULT_UNREACHABLE', `${host} cannot be reached: ${code}`, {
    remedy: reachRemedy,
    cause: error,
  });
}

function strange(error: StrangeAnswerError, { reference }: VaultOperation): TrustError {
  const message =
    `${hostOf(reference)} cannot be reached: the answer ${error.status} is not from ` +
    'Key Vault but from something on the way, such as a proxy';
  return trustError('VAULT_UNREACHABLE', message, { remedy: reachRemedy, cause: error });
}

function refusedToken(error: RestError, { reference }: VaultOperation): TrustError {
  return trustError(
    'VAULT_FORBIDDEN',
    `${hostOf(reference)} does not accept the sign-in: ${described(error)}`,
    {
      remedy:
        'The vault accepts identities of its own tenant only. Check that the tenant and cloud of the ' +
        `sign-in are the vault's (az keyvault show --name ${vaultNameOf(reference)} ` +
        '--query properties.tenantId).',
      cause: error,
    },
  );
}

function forbidden(error: RestError, operation: VaultOperation): TrustError {
  const inner = innerCodeOf(error);
  // The inner codes say which; some answers have only the text ("... on a disabled key").
  if (
    /(Disabled|Expired|NotYetValid)$/.test(inner) ||
    /\b(disabled|expired) (key|secret|certificate)\b|not yet valid/.test(error.message)
  ) {
    return disabled(operation.reference, described(error), error);
  }
  return trustError(
    'VAULT_FORBIDDEN',
    `Key Vault forbids ${describeActing(operation)}: ${described(error)}`,
    { remedy: permissionRemedy(operation, inner, error.message), cause: error },
  );
}

function notFound(error: RestError, { reference }: VaultOperation): TrustError {
  const [noun, vault, { name }] = [nounOf(reference), vaultFlagOf(reference), reference];
  return trustError('KEY_NOT_FOUND', `${formatKeyReference(reference)} does not exist`, {
    remedy:
      `Correct the reference (az keyvault ${noun} list ${vault}). If it was deleted, it ` +
      `can be had back for 7 to 90 days: az keyvault ${noun} recover ${vault} --name ${name}.`,
    cause: error,
  });
}

/** Code of the answer, the inner code if any, and the first line of its message. */
function described(error: RestError): string {
  const inner = innerCodeOf(error);
  const codes = [error.code, inner].filter((code) => code !== undefined && code !== '');
  return `${codes.join(', ')} (${firstLine(error.message)})`;
}

/** Key Vault's `error.innererror.code`, which the SDKs keep in `details`. */
function innerCodeOf(error: RestError): string {
  const body = property(error.details, 'error') ?? error.details;
  const inner = property(body, 'innerError') ?? property(body, 'innererror');
  const code = property(inner, 'code');
  return typeof code === 'string' ? code : '';
}

/** Node's own code of a failed connection, wherever in the chain of causes it is. */
function networkCodeOf(error: RestError): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = property(at, 'code');
    if (typeof code === 'string' && code !== 'REQUEST_SEND_ERROR') return code;
  }
  return firstLine(error.message);
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function firstLine(text: string): string {
  return (text.split(/\r?\n/)[0] ?? '').trim().slice(0, 300);
}

function trustError(
  code: ErrorCode,
  message: string,
  { remedy, cause }: { readonly remedy: string; readonly cause?: unknown },
): TrustError {
  return new TrustError(code, message, { remedy, ...(cause === undefined ? {} : { cause }) });
}
