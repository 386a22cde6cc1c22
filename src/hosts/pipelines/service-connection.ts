/**
 * Reads service connections: Azure Resource Manager (fields and schemes: azure-arm-rest and NotationV0
 * in microsoft/azure-pipelines-tasks) and Docker Registry (docker-common in
 * microsoft/azure-pipelines-tasks-common-packages). Masks what is secret, prints nothing.
 */
import * as tl from 'azure-pipelines-task-lib/task.js';
import { isRegistryId } from '../../azure/arm.js';
import type { Identity } from '../../azure/identity.js';
import type { HostIdentity } from '../../access/index.js';
import { TrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import { parseRegistryAddress } from '../../registry/index.js';
import type { Environment } from '../environment.js';
import { withoutTaskLibOutput } from './silence-task-lib.js';

type ServiceConnection = NonNullable<HostIdentity['serviceConnection']>;
type RegistryConnection = NonNullable<HostIdentity['registryConnection']>;

/**
 * Reads the Azure Resource Manager connection with the given id.
 * @throws {TrustError} CREDENTIAL_MISSING or CREDENTIAL_INVALID if it cannot be used.
 */
export function readServiceConnection(
  id: string,
  secrets: Secrets,
  environment: Environment,
): ServiceConnection {
  const cloud = data(id, 'environment');
  const identity = identityOf(id, secrets, environment, resourceManager);
  return { identity, ...(cloud ? { cloud } : {}) };
}

/**
 * Reads the Docker Registry connection with the given id: one of the type Azure Container Registry has a
 * principal of Entra ID, any other a user name with a password.
 * @throws {TrustError} as readServiceConnection; INPUT_INVALID for an address that is not a registry's.
 */
export function readRegistryConnection(
  id: string,
  secrets: Secrets,
  environment: Environment,
): RegistryConnection {
  if (data(id, 'registrytype')?.toLowerCase() === 'acr') {
    const registry = parseRegistryAddress(needed(id, 'loginServer', dockerRegistry));
    const login = identityOf(id, secrets, environment, dockerRegistry);
    // Connections made by hand or by a program may lack it, or name a wider scope.
    const registryId = [data(id, 'registryId'), auth(id, 'scope')].find(
      (text) => text !== undefined && isRegistryId(text),
    );
    return { registry, login, ...(registryId !== undefined && { registryId }) };
  }
  const registry = parseRegistryAddress(needed(id, 'registry', dockerRegistry));
  const username = needed(id, 'username', dockerRegistry);
  const password = secret(secrets, id, 'password', dockerRegistry);
  // What Docker's own configuration file holds.
  secrets.mask(Buffer.from(`${username}:${password}`).toString('base64'));
  return { registry, login: { kind: 'password', username, password } };
}

type ConnectionType = 'Azure Resource Manager' | 'Docker Registry';
const resourceManager = 'Azure Resource Manager';
const dockerRegistry = 'Docker Registry';

function identityOf(
  id: string,
  secrets: Secrets,
  environment: Environment,
  type: ConnectionType,
): Identity {
  const scheme =
    withoutTaskLibOutput(() => tl.getEndpointAuthorizationScheme(id, true)) ??
    auth(id, 'scheme') ??
    '';
  switch (scheme.toLowerCase()) {
    case 'managedserviceidentity': {
      const clientId = data(id, 'msiclientId');
      return { kind: 'managed-identity', ...(clientId ? { clientId } : {}) };
    }
    case 'workloadidentityfederation':
      return {
        kind: 'pipelines',
        ...principal(id, type),
        serviceConnectionId: id,
        accessToken: secret(secrets, 'SYSTEMVSSCONNECTION', 'AccessToken', type),
        oidcRequestUri: oidcRequestUri(environment),
      };
    // Connections of long ago have no scheme and are service principals.
    case '':
    case 'serviceprincipal':
      return auth(id, 'authenticationType')?.toLowerCase() === 'spncertificate'
        ? {
            kind: 'certificate',
            ...principal(id, type),
            certificate: secret(secrets, id, 'servicePrincipalCertificate', type),
          }
        : {
            kind: 'secret',
            ...principal(id, type),
            clientSecret: secret(secrets, id, 'serviceprincipalkey', type),
          };
    default:
      throw new TrustError(
        'CREDENTIAL_INVALID',
        `The service connection ${id} uses the scheme "${scheme}", which cannot be used to sign in.`,
        {
          remedy: `Use a service connection of the type ${type} with workload identity federation, a secret, a certificate or a managed identity.`,
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

function principal(
  id: string,
  type: ConnectionType,
): { readonly tenantId: string; readonly clientId: string } {
  return {
    tenantId: needed(id, 'tenantid', type),
    clientId: needed(id, 'serviceprincipalid', type),
  };
}

function secret(secrets: Secrets, id: string, key: string, type: ConnectionType): string {
  const value = needed(id, key, type);
  secrets.mask(value);
  return value;
}

function needed(id: string, key: string, type: ConnectionType): string {
  const value = auth(id, key);
  if (value) return value;
  const remedy =
    id === 'SYSTEMVSSCONNECTION'
      ? 'Run the task in a job on an agent; server jobs have no access token.'
      : `Name a service connection of the type ${type} that this pipeline may use, and verify it in the project settings.`;
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
