/** The registries that exist and who may sign in to them. Records only; no request is answered. */
import type { Cloud } from '../core/clouds.js';
import { secretText } from '../core/ids.js';

/** Repository actions of a scope map, as `az acr token create` takes them. */
export type ScopeMapAction =
  'content/read' | 'content/write' | 'content/delete' | 'metadata/read' | 'metadata/write';

/** A repository-scoped token. */
export interface RepositoryToken {
  readonly password: string;
  readonly repositories: Readonly<Record<string, readonly ScopeMapAction[]>>;
}

/** What can be changed of a registry. */
export interface RegistrySettings {
  sku: 'Basic' | 'Standard' | 'Premium';
  /** The content trust policy. Only the Premium tier has it. */
  contentTrust: boolean;
  roleAssignmentMode: 'LegacyRegistryPermissions' | 'AbacRepositoryPermissions';
  adminUserEnabled: boolean;
  anonymousPullEnabled: boolean;
  /** Whether its storage is encrypted with a key of the customer: then it has no referrers API. */
  customerManagedKey: boolean;
  /** Whether `/oauth2/exchange` takes tokens for ARM (azureADAuthenticationAsArmPolicy). */
  armAudienceEnabled: boolean;
  /** As Resource Manager shows them; the firewall itself is not emulated. */
  publicNetworkAccess: 'Enabled' | 'Disabled';
  networkDefault: 'Allow' | 'Deny';
  /** How long refresh tokens last. ACR's own last 3 hours; no setting of it changes that. */
  refreshTokenSeconds: number;
}

/** A registry. */
export interface Registry {
  readonly name: string;
  readonly loginServer: string;
  /** ARM id. */
  readonly id: string;
  readonly tenantId: string;
  readonly cloud: Cloud;
  readonly adminPassword: string;
  readonly settings: RegistrySettings;
  readonly tokens: Map<string, RepositoryToken>;
}

/** What a new registry is to be. */
export interface RegistryOptions extends Pick<
  Registry,
  'name' | 'loginServer' | 'id' | 'tenantId' | 'cloud'
> {
  readonly settings?: Partial<RegistrySettings>;
}

/** All registries, by login server. */
export interface Registries {
  /** @throws Error when the login server is taken, or for content trust below Premium. */
  add(options: RegistryOptions): Registry;
  /** @throws Error for content trust below Premium. */
  change(loginServer: string, settings: Partial<RegistrySettings>): Registry;
  byLoginServer(loginServer: string): Registry | undefined;
  list(): readonly Registry[];
}

const defaults: RegistrySettings = {
  sku: 'Premium',
  contentTrust: true,
  roleAssignmentMode: 'LegacyRegistryPermissions',
  adminUserEnabled: false,
  anonymousPullEnabled: false,
  customerManagedKey: false,
  armAudienceEnabled: true,
  publicNetworkAccess: 'Enabled',
  networkDefault: 'Allow',
  refreshTokenSeconds: 3 * 3600,
};

/** Makes an empty set of registries. */
export function createRegistries(): Registries {
  const registries = new Map<string, Registry>();
  const checked = (settings: RegistrySettings): RegistrySettings => {
    if (settings.contentTrust && settings.sku !== 'Premium') {
      throw new Error('content trust needs the Premium tier');
    }
    return settings;
  };
  return {
    add: ({ settings, ...options }) => {
      if (registries.has(options.loginServer)) {
        throw new Error(`the registry ${options.loginServer} exists already`);
      }
      const registry: Registry = {
        ...options,
        adminPassword: secretText(),
        settings: checked({
          ...defaults,
          contentTrust: (settings?.sku ?? defaults.sku) === 'Premium',
          ...settings,
        }),
        tokens: new Map(),
      };
      registries.set(options.loginServer, registry);
      return registry;
    },
    change: (loginServer, settings) => {
      const registry = registries.get(loginServer.toLowerCase());
      if (registry === undefined) throw new Error(`there is no registry ${loginServer}`);
      checked({ ...registry.settings, ...settings });
      Object.assign(registry.settings, settings);
      return registry;
    },
    byLoginServer: (loginServer) => registries.get(loginServer.toLowerCase()),
    list: () => [...registries.values()],
  };
}
