/**
 * The host names under which Azure serves Key Vault and Managed HSM. Credentials are sent to these
 * hosts only, so the list is closed: a new cloud is a change here, never an input.
 */

type VaultService = 'vault' | 'managed-hsm';

/** Public cloud, China, US Government. */
const suffixes: readonly (readonly [suffix: string, service: VaultService])[] = [
  ['.vault.azure.net', 'vault'],
  ['.vault.azure.cn', 'vault'],
  ['.vault.usgovcloudapi.net', 'vault'],
  ['.managedhsm.azure.net', 'managed-hsm'],
  ['.managedhsm.azure.cn', 'managed-hsm'],
  ['.managedhsm.usgovcloudapi.net', 'managed-hsm'],
];

/** Names of vaults: 3 to 24 letters, digits and single hyphens, beginning with a letter. */
const vaultName = /^[a-z](?:-?[a-z0-9])+$/;

/**
 * Tells which service a host name (lower case, no port) belongs to; undefined when it is not
 * exactly `<vault name><known suffix>`.
 */
export function vaultServiceOf(host: string): VaultService | undefined {
  for (const [suffix, service] of suffixes) {
    if (!host.endsWith(suffix)) continue;
    const name = host.slice(0, -suffix.length);
    return name.length >= 3 && name.length <= 24 && vaultName.test(name) ? service : undefined;
  }
  return undefined;
}

/** Tells whether a text, whatever else it is, was meant to name something in a vault. */
export function mentionsVault(text: string): boolean {
  const lower = text.toLowerCase();
  return suffixes.some(([suffix]) => lower.includes(suffix));
}
