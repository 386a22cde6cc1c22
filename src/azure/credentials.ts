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
import {
  createWaitReporter,
  withDeadline,
  type HttpClient,
  type SdkOutcome,
} from '../http/index.js';
import { limits } from '../limits.js';
import type { Clock, Log, Secrets } from '../ports.js';
import { assertionOf, rememberAssertion } from './assertion.js';
import type { AssertionSource } from './assertion.js';
import { loadCertificate } from './certificate.js';
import { clouds } from './clouds.js';
import type { Cloud } from './clouds.js';
import { explainTokenFailure, signInCancelled, signInTooLate } from './credential-errors.js';
import { checkIds, isGuid } from './identity.js';
import type { Identity } from './identity.js';
import { createSignInNetwork } from './sign-in-network.js';
import type { SignInNetwork } from './sign-in-network.js';

/** What a credential needs besides the identity. */
export interface CredentialOptions {
  /** Default: the public cloud. */
  readonly cloud?: Cloud;
  /** Carries every request of the sign-in. */
  readonly http: HttpClient;
  readonly secrets: Pick<Secrets, 'mask'>;
  readonly clock?: Clock;
  /** Is told of programs that are waited for. */
  readonly log?: Pick<Log, 'info'>;
  /** For one token with all that is asked for it; default in src/limits.ts. */
  readonly deadlineMs?: number;
}

/** A sign-in, with the network over which it asks; what is opened with it is asked over the same. */
interface AzureCredential extends TokenCredential {
  readonly http: HttpClient;
}

/**
 * Creates the credential of `identity`. Its secrets and every token it yields are masked.
 * Its getToken throws TrustError CREDENTIAL_INVALID, CREDENTIAL_REJECTED, CREDENTIAL_MISSING,
 * TENANT_NOT_FOUND, FEDERATION_REFUSED, ENTRA_UNREACHABLE, INTERRUPTED.
 * @throws {TrustError} CREDENTIAL_INVALID for malformed ids.
 */
export function createCredential(identity: Identity, options: CredentialOptions): AzureCredential {
  checkIds(identity);
  maskSecrets(identity, options.secrets);
  const { http, secrets, cloud = clouds.AzureCloud, clock = () => new Date() } = options;
  const deadlineMs = options.deadlineMs ?? deadlineOf(identity);
  const assertions = assertionsOf(identity, options, clock);
  const network = createSignInNetwork(http);
  // Of what is asked over the network the HTTP client tells.
  const waits = createWaitReporter((line) => {
    if (!network.isAsking()) options.log?.info(line);
  });
  let inner: Promise<TokenCredential> | undefined;

  const signIn = async (
    scopes: string | string[],
    tokenOptions: GetTokenOptions,
  ): Promise<AccessToken> => {
    inner ??= buildCredential(identity, { cloud, assertions, secrets, clock, network });
    const credential = await inner;
    // Asked for here and not only by the SDK, which would bury the reason of a failure.
    await assertions?.get();
    const token = await credential.getToken(scopes, inOwnTenant(identity, tokenOptions));
    // What a type promises, an answer that was altered on the way need not keep.
    const text: unknown = token?.token;
    if (token === null || typeof text !== 'string' || text === '') {
      throw new Error('the credential gave no token');
    }
    return token;
  };

  const getToken = async (
    scopes: string | string[],
    tokenOptions: GetTokenOptions = {},
  ): Promise<AccessToken> => {
    const outcomes: SdkOutcome[] = [];
    const { abortSignal } = tokenOptions;
    const bounds = {
      signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
      deadlineMs,
      interrupted: signInCancelled,
      late: () => signInTooLate(identity, cloud, deadlineMs),
    };
    const stopTelling =
      identity.kind === 'default' ? waits.watch(tokenProgram, deadlineMs) : undefined;
    try {
      const token = await withDeadline(bounds, (signal) =>
        network.observe(outcomes, () => signIn(scopes, { ...tokenOptions, abortSignal: signal })),
      );
      secrets.mask(token.token);
      return token;
    } catch (thrown) {
      throw explainTokenFailure(thrown, {
        identity,
        cloud,
        scope: [scopes].flat().join(' '),
        outcomes,
        ...(assertions === undefined ? {} : { assertion: assertions.describe() }),
      });
    } finally {
      stopTelling?.();
    }
  };
  return { getToken, http };
}

const tokenProgram = `a program that has a login, such as Azure CLI (${limits.tokenProgramMs / 1000} s each)`;

/** The default credential may start programs one after another. */
function deadlineOf({ kind }: Identity): number {
  return kind === 'default' ? 2 * limits.signInDeadlineMs : limits.signInDeadlineMs;
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
  const getAssertion = assertionOf(identity, http);
  return getAssertion && rememberAssertion(getAssertion, secrets, clock);
}

interface Building {
  readonly cloud: Cloud;
  readonly assertions: AssertionSource | undefined;
  readonly secrets: Pick<Secrets, 'mask'>;
  readonly clock: Clock;
  readonly network: SignInNetwork;
}

async function buildCredential(
  identity: Identity,
  { cloud, assertions, secrets, clock, network }: Building,
): Promise<TokenCredential> {
  const { authorityHost } = cloud;
  const options = { ...network.options, authorityHost };
  switch (identity.kind) {
    case 'secret': {
      const { tenantId, clientId, clientSecret } = identity;
      return new ClientSecretCredential(tenantId, clientId, clientSecret, options);
    }
    case 'certificate': {
      const { tenantId, clientId, sendCertificateChain = false } = identity;
      const certificate = await loadCertificate(identity, secrets, clock);
      return new ClientCertificateCredential(
        tenantId,
        clientId,
        { certificate },
        { ...options, sendCertificateChain },
      );
    }
    case 'assertion':
    case 'pipelines': {
      const { tenantId, clientId } = identity;
      const getAssertion = async (): Promise<string> => (await assertions?.get()) ?? '';
      return new ClientAssertionCredential(tenantId, clientId, getAssertion, options);
    }
    case 'managed-identity': {
      const { clientId, objectId, resourceId } = identity;
      if (resourceId !== undefined) {
        return new ManagedIdentityCredential({ ...network.options, resourceId });
      }
      return objectId === undefined
        ? new ManagedIdentityCredential({ ...network.options, ...(clientId && { clientId }) })
        : new ManagedIdentityCredential({ ...network.options, objectId });
    }
    case 'default':
      return new DefaultAzureCredential({
        ...network.options,
        processTimeoutInMs: limits.tokenProgramMs,
        // Unset in the public cloud, so that AZURE_AUTHORITY_HOST still counts there.
        ...(cloud.name === 'AzureCloud' ? {} : { authorityHost }),
        ...(identity.tenantId === undefined ? {} : { tenantId: identity.tenantId }),
        ...(identity.clientId === undefined ? {} : { managedIdentityClientId: identity.clientId }),
      });
  }
}
