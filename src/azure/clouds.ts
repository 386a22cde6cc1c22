/**
 * The Azure clouds and the hosts that belong to them. Tokens go to these hosts only: a registry
 * outside the list gets none unless the user names it.
 */
import { TrustError } from '../errors.js';

/** Names as Azure Pipelines service connections and the input `cloud` spell them. */
export type CloudName = 'AzureCloud' | 'AzureChinaCloud' | 'AzureUSGovernment';

/** One Azure cloud. Endpoints are origins without a trailing slash. */
export interface Cloud {
  readonly name: CloudName;
  /** Microsoft Entra ID. */
  readonly authorityHost: string;
  /** Azure Resource Manager; its audience is the same text. */
  readonly armEndpoint: string;
  /** Suffixes of host names, with the leading dot. */
  readonly vaultSuffix: string;
  readonly registrySuffix: string;
  /** Resource for which ACR wants its Entra token, the same in every cloud. */
  readonly registryAudience: string;
}

const registryAudience = 'https://containerregistry.azure.net';

/** Every cloud this product knows. */
export const clouds: Readonly<Record<CloudName, Cloud>> = {
  AzureCloud: {
    name: 'AzureCloud',
    authorityHost: 'https://login.microsoftonline.com',
    armEndpoint: 'https://management.azure.com',
    vaultSuffix: '.vault.azure.net',
    registrySuffix: '.azurecr.io',
    registryAudience,
  },
  AzureChinaCloud: {
    name: 'AzureChinaCloud',
    // Microsoft documents login.chinacloudapi.cn, and its library asks this host in its place.
    authorityHost: 'https://login.partner.microsoftonline.cn',
    armEndpoint: 'https://management.chinacloudapi.cn',
    vaultSuffix: '.vault.azure.cn',
    registrySuffix: '.azurecr.cn',
    registryAudience,
  },
  AzureUSGovernment: {
    name: 'AzureUSGovernment',
    authorityHost: 'https://login.microsoftonline.us',
    armEndpoint: 'https://management.usgovcloudapi.net',
    vaultSuffix: '.vault.usgovcloudapi.net',
    registrySuffix: '.azurecr.us',
    registryAudience,
  },
};

/** Other names of the same clouds: those of Azure PowerShell, the SDKs and the portal. */
const aliases: Readonly<Record<string, CloudName>> = {
  azurecloud: 'AzureCloud',
  azurepubliccloud: 'AzureCloud',
  public: 'AzureCloud',
  azurechinacloud: 'AzureChinaCloud',
  azurechina: 'AzureChinaCloud',
  china: 'AzureChinaCloud',
  azureusgovernment: 'AzureUSGovernment',
  azureusgovernmentcloud: 'AzureUSGovernment',
  azuregovernment: 'AzureUSGovernment',
  usgovernment: 'AzureUSGovernment',
};

/** @throws {TrustError} INPUT_INVALID for a name that is no cloud we know. */
export function cloudByName(name: string): Cloud {
  const key = name.toLowerCase();
  const known = Object.hasOwn(aliases, key) ? aliases[key] : undefined;
  if (known === undefined) {
    throw new TrustError('INPUT_INVALID', `${JSON.stringify(name)} is not a known Azure cloud`, {
      remedy: `Give one of ${Object.keys(clouds).join(', ')}.`,
    });
  }
  return clouds[known];
}

/** The cloud whose principals sign in at this address, or undefined. */
export function cloudByAuthority(address: string): Cloud | undefined {
  if (!URL.canParse(address)) return undefined;
  const { host } = new URL(address);
  if (host === 'login.chinacloudapi.cn') return clouds.AzureChinaCloud;
  return Object.values(clouds).find(({ authorityHost }) => new URL(authorityHost).host === host);
}

/** The cloud whose registries end as `host` does, or undefined. */
export function cloudOfRegistry(host: string): Cloud | undefined {
  return Object.values(clouds).find((cloud) => host.toLowerCase().endsWith(cloud.registrySuffix));
}

/** The cloud whose Key Vault or Managed HSM has this host name. */
export function cloudOfVault(host: string): Cloud | undefined {
  const suffix = host.toLowerCase().replace('.managedhsm.', '.vault.');
  return Object.values(clouds).find((cloud) => suffix.endsWith(cloud.vaultSuffix));
}

/** Login servers of Azure Container Registry, those of clouds we have no endpoints for included. */
const registrySuffixes = [
  '.azurecr.io',
  '.azurecr.us',
  '.azurecr.cn',
  '.azurecr.de',
  '.azurecr.eaglex.ic.gov',
  '.azurecr.microsoft.scloud',
];

/** Whether `host` is a login server of ACR: one label and a known suffix, no port. */
export function isRegistryHost(host: string): boolean {
  const suffix = registrySuffixes.find((known) => host.endsWith(known));
  return (
    suffix !== undefined && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(host.slice(0, -suffix.length))
  );
}
