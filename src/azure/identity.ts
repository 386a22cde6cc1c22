/**
 * Who the run is to Microsoft Entra ID, as data. Nothing here is ever logged as a whole: most kinds
 * hold a secret.
 */
import { TrustError } from '../errors.js';
import type { HttpClient } from '../http/index.js';

interface Application {
  /** GUID or verified domain of the tenant. */
  readonly tenantId: string;
  /** Application (client) ID, a GUID. */
  readonly clientId: string;
}

/** A service principal with a client secret. */
interface SecretIdentity extends Application {
  readonly kind: 'secret';
  readonly clientSecret: string;
}

/** A service principal with a certificate. */
export interface CertificateIdentity extends Application {
  readonly kind: 'certificate';
  /** The PEM itself, certificate and private key, or the path of such a file. */
  readonly certificate: string;
  /** Opens the private key if it is encrypted. */
  readonly password?: string;
  /** Sends the certificate along, for applications that trust subject name and issuer. */
  readonly sendCertificateChain?: boolean;
}

/** A service principal that trusts tokens of another issuer: GitHub, Kubernetes, ... */
export interface AssertionIdentity extends Application {
  readonly kind: 'assertion';
  /** Obtains a token for the audience `api://AzureADTokenExchange`. */
  readonly getAssertion: (http: HttpClient) => Promise<string>;
}

/** A workload identity federation service connection of Azure Pipelines. */
export interface PipelinesIdentity extends Application {
  readonly kind: 'pipelines';
  readonly serviceConnectionId: string;
  /** The job's System.AccessToken. */
  readonly accessToken: string;
  /** The job's System.OidcRequestUri. */
  readonly oidcRequestUri: string;
}

/** The identity of the Azure machine the run is on. */
interface ManagedIdentity {
  readonly kind: 'managed-identity';
  /** One of these names a user-assigned identity; without them it is the system-assigned one. */
  readonly clientId?: string;
  readonly objectId?: string;
  readonly resourceId?: string;
}

/** Whatever DefaultAzureCredential of the Azure SDK finds. */
interface DefaultIdentity {
  readonly kind: 'default';
  readonly tenantId?: string;
  readonly clientId?: string;
  /** What to do where nothing is found, besides what always helps. */
  readonly remedy?: string;
}

/** Every way to sign in. */
export type Identity =
  | SecretIdentity
  | CertificateIdentity
  | AssertionIdentity
  | PipelinesIdentity
  | ManagedIdentity
  | DefaultIdentity;

const guidPattern = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const domainPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*$/i;

/** Whether `text` is a GUID rather than a domain. */
export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

/** @throws {TrustError} CREDENTIAL_INVALID for ids that Entra ID cannot know. */
export function checkIds(identity: Identity): void {
  const clientId = 'clientId' in identity ? identity.clientId : undefined;
  const tenantId = 'tenantId' in identity ? identity.tenantId : undefined;
  if (clientId !== undefined && !isGuid(clientId)) {
    throw invalid(
      `The client ID ${JSON.stringify(clientId)} is not a GUID`,
      'application (client)',
    );
  }
  if (tenantId !== undefined && !isGuid(tenantId) && !domainPattern.test(tenantId)) {
    throw invalid(
      `The tenant ID ${JSON.stringify(tenantId)} is neither a GUID nor a domain`,
      'directory (tenant)',
    );
  }
}

function invalid(message: string, idName: string): TrustError {
  return new TrustError('CREDENTIAL_INVALID', message, {
    remedy:
      `Give the ${idName} ID from the app registration's overview page, ` +
      'such as 11111111-2222-3333-4444-555555555555.',
  });
}
