/** Control of tenants, service principals and role assignments. */
import type { CloudName } from '../core/clouds.js';
import { guid, secretText } from '../core/ids.js';
import { clientCertificate } from '../entra/directory.js';
import type { Application, FederatedCredential } from '../entra/directory.js';
import type { RoleDefinition } from '../roles/definitions.js';
import type { EmulatorParts } from '../parts.js';

const yearSeconds = 365 * 86_400;

/** A service principal as its owner knows it. */
export interface ServicePrincipal {
  readonly tenantId: string;
  readonly clientId: string;
  /** What role assignments name. */
  readonly objectId: string;
  readonly clientSecret: string;
}

/** Whom a role is given to or taken from. */
export interface RoleGrant {
  /** Object id or client id. */
  readonly principalId: string;
  /** Name or id of the role. */
  readonly role: string;
  /** ARM id of a resource, or of a key, secret or group. */
  readonly scope: string;
}

/** The calls; all arguments and results are JSON. */
export function identityControl({ entra, homeTenant, roles, clock }: EmulatorParts) {
  const application = (clientId: string): Application => {
    const found = entra.directory.application(clientId);
    if (found === undefined) throw new Error(`there is no application ${clientId}`);
    return found;
  };
  const addSecret = (app: Application, lifetimeSeconds: number): { id: string; value: string } => {
    const id = guid();
    const value = secretText();
    app.secrets.push({ id, value, expiresAt: clock.seconds() + lifetimeSeconds });
    return { id, value };
  };
  const objectIdOf = (id: string): string => entra.directory.application(id)?.objectId ?? id;
  return {
    /** Makes a tenant; the home tenant in the public cloud exists from the start. */
    createTenant: (options: { cloud?: CloudName; domain?: string } = {}) => {
      const { id, domain } = entra.directory.addTenant(options.cloud ?? 'public', options.domain);
      return Promise.resolve({ tenantId: id, domain });
    },

    /** Makes an application with a service principal and one secret, valid for a year. */
    createServicePrincipal: (options: { tenantId?: string } = {}): Promise<ServicePrincipal> => {
      const app = entra.directory.addApplication(options.tenantId ?? homeTenant.id);
      const { tenantId, clientId, objectId } = app;
      const clientSecret = addSecret(app, yearSeconds).value;
      return Promise.resolve({ tenantId, clientId, objectId, clientSecret });
    },

    /** Adds a secret; a negative lifetime makes one that has expired. */
    addClientSecret: (clientId: string, options: { lifetimeSeconds?: number } = {}) => {
      const { id, value } = addSecret(
        application(clientId),
        options.lifetimeSeconds ?? yearSeconds,
      );
      return Promise.resolve({ secretId: id, clientSecret: value });
    },

    /** Lets every secret of the application expire now. */
    expireSecrets: (clientId: string) => {
      for (const secret of application(clientId).secrets) secret.expiresAt = clock.seconds() - 1;
      return Promise.resolve();
    },

    /** Disables an application, or enables it again. */
    setApplicationEnabled: (clientId: string, enabled: boolean) => {
      application(clientId).enabled = enabled;
      return Promise.resolve();
    },

    /** Registers a certificate (PEM; a private key beside it is ignored). */
    addClientCertificate: (clientId: string, certificatePem: string) => {
      application(clientId).certificates.push(clientCertificate(certificatePem));
      return Promise.resolve();
    },

    /** Lets the application be proven by tokens of another issuer. */
    addFederatedCredential: (clientId: string, credential: FederatedCredential) => {
      application(clientId).federated.push({ ...credential });
      return Promise.resolve();
    },

    /** Makes a custom role. */
    createRole: (
      role: Pick<RoleDefinition, 'name'> &
        Partial<Pick<RoleDefinition, 'actions' | 'notActions' | 'dataActions' | 'notDataActions'>>,
    ) => {
      roles.define({ actions: [], notActions: [], dataActions: [], notDataActions: [], ...role });
      return Promise.resolve();
    },

    /** Gives a role. */
    assignRole: ({ principalId, role, scope }: RoleGrant) => {
      const { id } = roles.assign(objectIdOf(principalId), role, scope);
      return Promise.resolve({ id });
    },

    /** Takes a role away; `removed` counts the assignments. */
    removeRole: ({ principalId, role, scope }: RoleGrant) =>
      Promise.resolve({ removed: roles.remove(objectIdOf(principalId), role, scope) }),
  };
}
