/**
 * Reads an Azure Resource Manager service connection. Its fields and schemes: azure-arm-rest and
 * NotationV0 in microsoft/azure-pipelines-tasks. Masks what is secret, prints nothing.
 */
import * as tl from 'azure-pipelines-task-lib/task.js';
import type { Identity } from '../../azure/identity.js';
import type { HostIdentity } from '../../commands/index.js';
import { TrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import type { Environment } from '../environment.js';
import { withoutTaskLibOutput } from './silence-task-lib.js';

type ServiceConnection = NonNullable<HostIdentity['serviceConnection']>;

/**
 * Reads the connection with the given id.
 * @throws {TrustError} CREDENTIAL_MISSING or CREDENTIAL_INVALID if it cannot be used.
 */
export function readServiceConnection(
  id: string,
  secrets: Secrets,
  environment: Environment,
): ServiceConnection {
  const cloud = data(id, 'environment');
  return { identity: identityOf(id, secrets, environment), ...(cloud ? { cloud } : {}) };
}

function identityOf(id: string, secrets: Secrets, environment: Environment): Identity {
  const scheme = withoutTaskLibOutput(() => tl.getEndpointAuthorizationScheme(id, true)) ?? '';
  switch (scheme.toLowerCase()) {
    case 'managedserviceidentity': {
      const clientId = data(id, 'msiclientId');
      return { kind: 'managed-identity', ...(clientId ? { clientId } : {}) };
    }
    case 'workloadidentityfederation':
      return {
        kind: 'pipelines',
        ...principal(id),
        serviceConnectionId: id,
        accessToken: secret(secrets, 'SYSTEMVSSCONNECTION', 'AccessToken'),
        oidcRequestUri: oidcRequestUri(environment),
      };
    // Connections of long ago have no scheme and are service principals.
    case '':
    case 'serviceprincipal':
      return auth(id, 'authenticationType')?.toLowerCase() === 'spncertificate'
        ? {
            kind: 'certificate',
            ...principal(id),
            certificate: secret(secrets, id, 'servicePrincipalCertificate'),
          }
        : {
            kind: 'secret',
            ...principal(id),
            clientSecret: secret(secrets, id, 'serviceprincipalkey'),
          };
    default:
      throw new TrustError(
        'CREDENTIAL_INVALID',
        `The service connection ${id} uses the scheme "${scheme}", which cannot be used to sign in.`,
        {
          remedy:
            'Use an Azure Resource Manager service connection with workload identity federation, a secret, a certificate or a managed identity.',
        },
      );
  }
}

function oidcRequestUri({ SYSTEM_OIDCREQUESTURI: uri }: Environment): string {
  if (uri) return uri;
  throw new TrustError('CREDENTIAL_MISSING', 'The job has no variable System.OidcRequestUri.', {
    remedy:
      'Workload identity federation needs a job on an agent of Azure DevOps Services, or of a server that supports it.',
  });
}

function principal(id: string): { readonly tenantId: string; readonly clientId: string } {
  return { tenantId: needed(id, 'tenantid'), clientId: needed(id, 'serviceprincipalid') };
}

function secret(secrets: Secrets, id: string, key: string): string {
  const value = needed(id, key);
  secrets.mask(value);
  return value;
}

function needed(id: string, key: string): string {
  const value = auth(id, key);
  if (value) return value;
  const remedy =
    id === 'SYSTEMVSSCONNECTION'
      ? 'Run the task in a job on an agent; server jobs have no access token.'
      : 'Name an Azure Resource Manager service connection that this pipeline may use, and verify it in the project settings.';
  throw new TrustError('CREDENTIAL_MISSING', `The service connection ${id} has no "${key}".`, {
    remedy,
  });
}

function auth(id: string, key: string): string | undefined {
  return withoutTaskLibOutput(() => tl.getEndpointAuthorizationParameter(id, key, true));
}

function data(id: string, key: string): string | undefined {
  return withoutTaskLibOutput(() => tl.getEndpointDataParameter(id, key, true));
}
