/** Control of registries. */
import type {
  Registry,
  RegistrySettings,
  RepositoryToken,
  ScopeMapAction,
} from '../acr/registries.js';
import { secretText } from '../core/ids.js';
import type { EmulatorParts } from '../parts.js';

/** What a new registry is to be; everything but the name has a default. */
export interface NewRegistry extends Partial<RegistrySettings> {
  /** 5 to 50 letters and digits. */
  readonly name: string;
  readonly tenantId?: string;
  /** Domain of the login server. Default: that of the tenant's cloud. */
  readonly suffix?: string;
  /** Makes the login server `name-<label>.<suffix>`, as the domain name label scope does. */
  readonly domainNameLabel?: string;
}

/** The calls; all arguments and results are JSON. */
export function registryControl({ entra, homeTenant, registries, resourceGroup }: EmulatorParts) {
  const named = (loginServer: string): Registry => {
    const found = registries.byLoginServer(loginServer);
    if (found === undefined) throw new Error(`there is no registry ${loginServer}`);
    return found;
  };
  return {
    /** Makes a registry: by default Premium, with content trust on and the admin account off. */
    createRegistry: (options: NewRegistry) => {
      const { name, tenantId = homeTenant.id, suffix, domainNameLabel, ...settings } = options;
      if (!/^[a-zA-Z0-9]{5,50}$/.test(name)) throw new Error(`${name} is no registry name`);
      const cloud = entra.directory.tenant(tenantId)?.cloud ?? homeTenant.cloud;
      const label = domainNameLabel === undefined ? name : `${name}-${domainNameLabel}`;
      const registry = registries.add({
        name,
        tenantId,
        cloud,
        loginServer: `${label}.${suffix ?? cloud.registrySuffix}`.toLowerCase(),
        id: `${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${name}`,
        settings,
      });
      return Promise.resolve({
        loginServer: registry.loginServer,
        id: registry.id,
        adminUsername: registry.name,
        adminPassword: registry.adminPassword,
      });
    },

    /** Changes settings of a registry. */
    updateRegistry: (loginServer: string, settings: Partial<RegistrySettings>) => {
      registries.change(loginServer, settings);
      return Promise.resolve();
    },

    /** Makes a repository-scoped token. */
    createRepositoryToken: (options: {
      readonly loginServer: string;
      readonly name: string;
      readonly repositories: Readonly<Record<string, readonly ScopeMapAction[]>>;
    }) => {
      const token: RepositoryToken = {
        password: secretText(),
        repositories: options.repositories,
      };
      named(options.loginServer).tokens.set(options.name, token);
      return Promise.resolve({ username: options.name, password: token.password });
    },
  };
}
