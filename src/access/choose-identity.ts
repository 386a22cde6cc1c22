/** Decides who a run signs in as, from the inputs and what the host offers. */
import {
  type AssertionIdentity,
  type CloudName,
  type Identity,
  cloudByName,
  cloudOfRegistry,
  cloudOfVault,
  clouds,
  type Cloud,
} from '../azure/index.js';
import { TrustError } from '../errors.js';
import { isSameRegistry, withoutDefaultPort } from '../registry/index.js';
import type { AccessPorts, HostIdentity, NamedPrincipal, RegistryConnection } from './host.js';

/** The audience that Entra's federated credentials expect of foreign tokens. */
const federationAudience = 'api://AzureADTokenExchange';

/**
 * The first of these that is given: the service connection, a client secret, a client certificate,
 * the host's own OpenID Connect token, a managed identity, the service connection of a registry where it
 * has a principal, DefaultAzureCredential.
 * @throws {TrustError} CREDENTIAL_MISSING when client and tenant are named but nothing proves them.
 */
export function chooseIdentity(
  named: NamedPrincipal,
  { identity: host, nameInput }: Pick<AccessPorts, 'identity' | 'nameInput'>,
): Identity {
  if (host.serviceConnection) return host.serviceConnection.identity;
  const { clientId, tenantId, clientSecret, certificate, managedIdentity: managed } = named;
  if (clientId !== undefined && tenantId !== undefined) {
    if (clientSecret !== undefined) return { kind: 'secret', tenantId, clientId, clientSecret };
    if (certificate !== undefined) {
      const password = named.certificatePassword;
      return {
        kind: 'certificate',
        tenantId,
        clientId,
        certificate,
        ...(password === undefined ? {} : { password }),
      };
    }
    const { idToken } = host;
    if (idToken) {
      const getAssertion: AssertionIdentity['getAssertion'] = (http) =>
        idToken(federationAudience, http);
      return { kind: 'assertion', tenantId, clientId, getAssertion };
    }
    throw new TrustError(
      'CREDENTIAL_MISSING',
      `Nothing proves that this run is the service principal ${clientId}.`,
      {
        remedy: `Set ${nameInput('client-secret')} or ${nameInput('client-certificate')}. Signing in by OpenID Connect works in GitHub Actions, where the job has the permission "id-token: write".`,
      },
    );
  }
  if (clientId !== undefined) return { kind: 'managed-identity', clientId };
  if (managed !== undefined) return managedIdentity(managed);
  if (tenantId !== undefined) return { kind: 'default', tenantId };
  const { registryConnection: connection } = host;
  if (!connection) return { kind: 'default' };
  const { registry, login } = connection;
  if (login.kind !== 'password') return login;
  return {
    kind: 'default',
    remedy:
      `User name and password of "${nameInput('container-registry')}" are for ${registry} alone. Set ${nameInput('azure-subscription')} ` +
      'to an Azure Resource Manager service connection, or name a principal in other inputs.',
  };
}

/** The service connection to a registry, if there is one. */
export function connectionTo(
  registry: string,
  { registryConnection }: HostIdentity,
): RegistryConnection | undefined {
  const connected = registryConnection?.registry ?? '';
  return isSameRegistry(withoutDefaultPort(registry), connected) ? registryConnection : undefined;
}

function managedIdentity(named: string): Identity {
  const kind = 'managed-identity';
  if (named === 'system') return { kind };
  return named.startsWith('/') ? { kind, resourceId: named } : { kind, objectId: named };
}

/**
 * The cloud of a run: as asked for, the service connection's, or the one that a host belongs to.
 * @param host a registry or a vault.
 */
export function chooseCloud(
  asked: CloudName | 'auto',
  host: string | undefined,
  { identity }: Pick<AccessPorts, 'identity'>,
): Cloud {
  if (asked !== 'auto') return clouds[asked];
  const connection = identity.serviceConnection?.cloud;
  if (connection !== undefined) return cloudByName(connection);
  if (host === undefined) return clouds.AzureCloud;
  return cloudOfRegistry(host) ?? cloudOfVault(host) ?? clouds.AzureCloud;
}
