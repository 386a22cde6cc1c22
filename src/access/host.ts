/** What a host and the inputs say of who a run is. Types only. */
import type { CloudName, Identity } from '../azure/index.js';
import type { HttpClient } from '../http/index.js';
import type { Machine, Secrets } from '../ports.js';

/** A service connection for one registry, already read. */
export interface RegistryConnection {
  /** The registry as image names have it. */
  readonly registry: string;
  /** Its resource ID, where the connection tells it. */
  readonly registryId?: string;
  /** A principal of Entra ID, or what `docker login` would be given. */
  readonly login: Identity | PasswordLogin;
}

/** User name and password, which prove nothing anywhere but at their registry. */
export interface PasswordLogin {
  readonly kind: 'password';
  readonly username: string;
  readonly password: string;
}

/** Ways to sign in that a host offers besides the inputs. */
export interface HostIdentity {
  /** The service connection that `azure-subscription` names, already read. */
  readonly serviceConnection?: { readonly identity: Identity; readonly cloud?: string };
  /** The service connection that `container-registry` names. */
  readonly registryConnection?: RegistryConnection;
  /** Obtains the host's own OpenID Connect token for an audience (GitHub). */
  readonly idToken?: (audience: string, http: HttpClient) => Promise<string>;
}

/** What names a principal, and what proves it; nothing of it need be there. */
export interface NamedPrincipal {
  readonly clientId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** Path or text, with the private key. */
  readonly certificate?: string | undefined;
  readonly certificatePassword?: string | undefined;
  /** `system`, a resource ID or an object ID. */
  readonly managedIdentity?: string | undefined;
}

/** What decides how a run signs in. */
export interface AccessConfiguration {
  readonly cloud: CloudName | 'auto';
  readonly registryLogin: 'azure' | 'existing';
  readonly principal: NamedPrincipal;
}

/** What signing in needs of the host. */
export interface AccessPorts extends Omit<
  Machine,
  'workingDirectory' | 'tempDirectory' | 'registerCleanup'
> {
  readonly secrets: Secrets;
  readonly identity: HostIdentity;
}
