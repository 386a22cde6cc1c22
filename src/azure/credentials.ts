/**
 * Signs in to Microsoft Entra ID. One credential object serves a whole run, because it holds the
 * token cache; everything that uses it, the Key Vault SDK included, sees errors of ours only.
 */
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
} from '@azure/identity';
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';

import { TrustError } from '../errors.js';
import type { HttpClient } from '../http/index.js';
import type { Clock, Secrets } from '../ports.js';
import { rememberAssertion, requestPipelinesToken } from './assertion.js';
import type { AssertionSource } from './assertion.js';
import { loadCertificate } from './certificate.js';
import { clouds } from './clouds.js';
import type { Cloud } from './clouds.js';
import { explainTokenFailure } from './credential-errors.js';
import { checkIds, isGuid } from './identity.js';
import type { Identity } from './identity.js';

/** What a credential needs besides the identity. */
export interface CredentialOptions {
  /** Default: the public cloud. */
  readonly cloud?: Cloud;
  /** For what the SDK does not do itself: OIDC tokens of Azure Pipelines, and diagnosis. */
  readonly http: HttpClient;
  readonly secrets: Pick<Secrets, 'mask'>;
  readonly clock?: Clock;
}

/**
 * Creates the credential of `identity`. Its secrets and every token it yields are masked.
 * Its getToken throws TrustError CREDENTIAL_INVALID, CREDENTIAL_REJECTED, CREDENTIAL_MISSING,
 * TENANT_NOT_FOUND, FEDERATION_REFUSED, ENTRA_UNREACHABLE, INTERRUPTED.
 * @throws {TrustError} CREDENTIAL_INVALID for malformed ids.
 */
export function createCredential(identity: Identity, options: CredentialOptions): TokenCredential {
  checkIds(identity);
  maskSecrets(identity, options.secrets);
  const cloud = options.cloud ?? clouds.AzureCloud;
  const clock = options.clock ?? (() => new Date());
  const assertions = assertionsOf(identity, options, clock);
  let inner: Promise<TokenCredential> | undefined;

  const getToken = async (
    scopes: string | string[],
    tokenOptions?: GetTokenOptions,
  ): Promise<AccessToken> => {
    try {
      inner ??= buildCredential(identity, cloud, assertions, options.secrets, clock);
      const credential = await inner;
      // Asked for here and not only by the SDK, which would bury the reason of a failure.
      await assertions?.get();
      const token = await credential.getToken(scopes, inOwnTenant(identity, tokenOptions));
      if (token === null) {
        throw new Error('the credential gave no token');
      }
      options.secrets.mask(token.token);
      return token;
    } catch (thrown) {
      throw await explainTokenFailure(thrown, {
        identity,
        cloud,
        scope: [scopes].flat().join(' '),
        http: options.http,
        ...(assertions === undefined ? {} : { assertion: assertions.describe() }),
      });
    }
  };
  return { getToken };
}

/**
 * Key Vault's challenge names the vault's tenant, which the SDK compares as text with the identity's
 * and so mistakes a tenant given by its domain for a foreign one.
 */
function inOwnTenant(
  identity: Identity,
  options: GetTokenOptions | undefined,
): GetTokenOptions | undefined {
  const own = 'tenantId' in identity ? identity.tenantId : undefined;
  const wanted = options?.tenantId;
  if (own === undefined || wanted === undefined) {
    return options;
  }
  if (isGuid(own) && own.toLowerCase() !== wanted.toLowerCase()) {
    throw new TrustError(
      'CREDENTIAL_REJECTED',
      `The resource belongs to tenant ${wanted}, but this principal signs in to tenant ${own}`,
      { remedy: 'Use a principal of the tenant that the key vault belongs to, or check its name.' },
    );
  }
  return { ...options, tenantId: own };
}

function maskSecrets(identity: Identity, secrets: Pick<Secrets, 'mask'>): void {
  if (identity.kind === 'secret') {
    secrets.mask(identity.clientSecret);
  } else if (identity.kind === 'pipelines') {
    secrets.mask(identity.accessToken);
  } else if (identity.kind === 'certificate' && identity.password !== undefined) {
    secrets.mask(identity.password);
  }
}

function assertionsOf(
  identity: Identity,
  { http, secrets }: CredentialOptions,
  clock: Clock,
): AssertionSource | undefined {
  switch (identity.kind) {
    case 'assertion':
      return rememberAssertion(identity.getAssertion, secrets, clock);
    case 'pipelines':
      return rememberAssertion(() => requestPipelinesToken(identity, http), secrets, clock);
    case 'secret':
    case 'certificate':
    case 'managed-identity':
    case 'default':
      return undefined;
  }
}

async function buildCredential(
  identity: Identity,
  cloud: Cloud,
  assertions: AssertionSource | undefined,
  secrets: Pick<Secrets, 'mask'>,
  clock: Clock,
): Promise<TokenCredential> {
  const { authorityHost } = cloud;
  switch (identity.kind) {
    case 'secret': {
      const { tenantId, clientId, clientSecret } = identity;
      return new ClientSecretCredential(tenantId, clientId, clientSecret, { authorityHost });
    }
    case 'certificate': {
      const { tenantId, clientId, sendCertificateChain = false } = identity;
      const certificate = await loadCertificate(identity, secrets, clock);
      return new ClientCertificateCredential(
        tenantId,
        clientId,
        { certificate },
        { authorityHost, sendCertificateChain },
      );
    }
    case 'assertion':
    case 'pipelines': {
      const { tenantId, clientId } = identity;
      const getAssertion = async (): Promise<string> => (await assertions?.get()) ?? '';
      return new ClientAssertionCredential(tenantId, clientId, getAssertion, { authorityHost });
    }
    case 'managed-identity': {
      const { clientId } = identity;
      return clientId === undefined
        ? new ManagedIdentityCredential()
        : new ManagedIdentityCredential({ clientId });
    }
    case 'default':
      return new DefaultAzureCredential({
        // Unset in the public cloud, so that AZURE_AUTHORITY_HOST still counts there.
        ...(cloud.name === 'AzureCloud' ? {} : { authorityHost }),
        ...(identity.tenantId === undefined ? {} : { tenantId: identity.tenantId }),
        ...(identity.clientId === undefined ? {} : { managedIdentityClientId: identity.clientId }),
      });
  }
}
