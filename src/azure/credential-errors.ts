/**
 * Turns whatever the Azure SDK throws for a token into an error of ours. The SDK's own texts are not
 * kept, not even as a cause: some of them carry whole requests, tokens included.
 */
import { isTrustError, messageOf, TrustError } from '../errors.js';
import { HttpError } from '../http/index.js';
import type { HttpClient, HttpResponse } from '../http/index.js';
import { limits } from '../limits.js';
import type { Cloud } from './clouds.js';
import { aadstsCode, explainRefusal } from './entra-refusals.js';
import type { Identity } from './identity.js';

/** What is needed to explain a failure. */
export interface TokenAttempt {
  readonly identity: Identity;
  readonly cloud: Cloud;
  readonly scope: string;
  readonly http: HttpClient;
  /** Issuer, subject and audience of the assertion used, if one was. */
  readonly assertion?: string;
}

/** @returns the error to throw instead of `thrown`. */
export async function explainTokenFailure(
  thrown: unknown,
  attempt: TokenAttempt,
): Promise<TrustError> {
  if (isTrustError(thrown)) {
    return thrown;
  }
  const text = messageOf(thrown);
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'AbortError') {
    return new TrustError('INTERRUPTED', 'Signing in to Azure was cancelled', {
      remedy: 'Run the step again.',
    });
  }
  const code = aadstsCode(text);
  if (code !== undefined) {
    return explainRefusal(code, text, {
      clientId: clientIdOf(attempt.identity),
      tenantId: tenantIdOf(attempt.identity),
      scope: attempt.scope,
      ...(attempt.assertion === undefined ? {} : { assertion: attempt.assertion }),
    });
  }
  const { kind } = attempt.identity;
  if (kind === 'default' || kind === 'managed-identity') {
    return nothingAvailable(kind, text);
  }
  return probeAuthority(attempt, text);
}

function nothingAvailable(kind: 'default' | 'managed-identity', sdkText: string): TrustError {
  return kind === 'managed-identity'
    ? new TrustError('CREDENTIAL_MISSING', 'This machine offers no such managed identity', {
        remedy:
          'Assign the managed identity to the machine or pod, check its client ID, or give ' +
          'tenant-id, client-id and a secret, certificate or federated token.',
      })
    : new TrustError('CREDENTIAL_MISSING', `No credentials for Azure were found${tried(sdkText)}`, {
        remedy:
          'Give tenant-id, client-id and a client-secret or client-certificate, or let one of ' +
          "DefaultAzureCredential's sources work: AZURE_* variables, workload identity, managed " +
          'identity, Azure CLI, Azure PowerShell.',
      });
}

/** The names of the sources the SDK tried; the rest of its text may be anything. */
function tried(sdkText: string): string {
  const names = new Set(sdkText.match(/\b(?!Chained|Default)[A-Z][A-Za-z]{2,40}Credential\b/g));
  return names.size === 0 ? '' : ` (tried ${[...names].join(', ')})`;
}

/**
 * The SDK hides DNS, TLS and proxy failures behind `endpoints_resolution_error`, and says nothing
 * of a busy service. Asking for the tenant's public configuration ourselves shows the real cause.
 */
async function probeAuthority(attempt: TokenAttempt, sdkText: string): Promise<TrustError> {
  const { authorityHost } = attempt.cloud;
  const tenantId = tenantIdOf(attempt.identity);
  let response: HttpResponse;
  try {
    response = await attempt.http({
      method: 'GET',
      url: `${authorityHost}/${encodeURIComponent(tenantId)}/v2.0/.well-known/openid-configuration`,
      maxBytes: limits.tokenBytes,
      retry: false,
    });
  } catch (error) {
    if (error instanceof HttpError) {
      return unreachable(authorityHost, `cannot be reached: ${error.message}`, error);
    }
    throw error;
  }
  const text = response.body.toString();
  const code = aadstsCode(text);
  if (code !== undefined) {
    return explainRefusal(code, text, {
      clientId: clientIdOf(attempt.identity),
      tenantId,
      scope: attempt.scope,
    });
  }
  if (response.status !== 200) {
    return unreachable(authorityHost, `is out of order (status ${response.status})`);
  }
  const error = /^([a-z_]{3,60}):/.exec(sdkText)?.[1];
  return unreachable(
    authorityHost,
    `answered no token${error === undefined ? '' : ` (${error})`}; it may be busy`,
  );
}

function unreachable(authorityHost: string, what: string, cause?: HttpError): TrustError {
  return new TrustError('ENTRA_UNREACHABLE', `Entra ID at ${authorityHost} ${what}`, {
    remedy:
      'Check the network, the HTTPS_PROXY of this machine and the cloud you chose, then run the ' +
      'step again.',
    ...(cause === undefined ? {} : { cause }),
  });
}

function clientIdOf(identity: Identity): string {
  return identity.clientId ?? '(found by the Azure SDK)';
}

function tenantIdOf(identity: Identity): string {
  return ('tenantId' in identity ? identity.tenantId : undefined) ?? 'common';
}
