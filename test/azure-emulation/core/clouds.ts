/** The host names and token audiences of the Azure clouds the product serves. */

/** An Azure cloud. */
export interface Cloud {
  readonly name: CloudName;
  /** Hosts of the authority, the canonical one first. */
  readonly authorities: readonly string[];
  /** Prefix of the `iss` claim in access tokens. */
  readonly tokenIssuer: string;
  readonly arm: string;
  /** Resources that stand for ARM in a token request. */
  readonly armAudiences: readonly string[];
  readonly vaultSuffix: string;
  readonly registrySuffix: string;
}

export type CloudName = 'public' | 'china' | 'usgov';

/** The audience of registry tokens, the same in every cloud. */
export const registryAudience = 'https://containerregistry.azure.net';

export const clouds: Readonly<Record<CloudName, Cloud>> = {
  public: {
    name: 'public',
    authorities: ['login.microsoftonline.com', 'login.windows.net'],
    tokenIssuer: 'https://sts.windows.net',
    arm: 'management.azure.com',
    armAudiences: ['https://management.azure.com', 'https://management.core.windows.net'],
    vaultSuffix: 'vault.azure.net',
    registrySuffix: 'azurecr.io',
  },
  china: {
    name: 'china',
    authorities: ['login.partner.microsoftonline.cn', 'login.chinacloudapi.cn'],
    tokenIssuer: 'https://sts.chinacloudapi.cn',
    arm: 'management.chinacloudapi.cn',
    armAudiences: [
      'https://management.chinacloudapi.cn',
      'https://management.core.chinacloudapi.cn',
    ],
    vaultSuffix: 'vault.azure.cn',
    registrySuffix: 'azurecr.cn',
  },
  usgov: {
    name: 'usgov',
    authorities: ['login.microsoftonline.us'],
    tokenIssuer: 'https://sts.windows.net',
    arm: 'management.usgovcloudapi.net',
    armAudiences: [
      'https://management.usgovcloudapi.net',
      'https://management.core.usgovcloudapi.net',
    ],
    vaultSuffix: 'vault.usgovcloudapi.net',
    registrySuffix: 'azurecr.us',
  },
};

/** The cloud whose authority is `host`, or undefined. */
export function cloudOfAuthority(host: string): Cloud | undefined {
  return Object.values(clouds).find(({ authorities }) => authorities.includes(host));
}

/** The cloud whose Resource Manager is `host`, or undefined. */
export function cloudOfArm(host: string): Cloud | undefined {
  return Object.values(clouds).find(({ arm }) => arm === host);
}

/** The cloud and vault name of a vault's host, or undefined. */
export function vaultOfHost(
  host: string,
): { readonly cloud: Cloud; readonly name: string } | undefined {
  for (const cloud of Object.values(clouds)) {
    const name = host.endsWith(`.${cloud.vaultSuffix}`)
      ? host.slice(0, -cloud.vaultSuffix.length - 1)
      : '';
    if (/^[a-z0-9-]+$/.test(name)) return { cloud, name };
  }
  return undefined;
}
