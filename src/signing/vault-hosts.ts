/**
 * The host names under which Azure serves Key Vault and Managed HSM. Credentials are sent to these
 * hosts only, so the list is closed: a new cloud is a change here, never an input.
 */
import { TrustError } from '../errors.js';

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

/**
 * The URL of a vault, of nothing in it.
 * @returns scheme and host, such as `https://contoso.vault.azure.net`.
 * @throws {TrustError} INPUT_INVALID
 */
export function parseVaultUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isVault =
    url?.protocol === 'https:' &&
    url.username === '' &&
    url.port === '' &&
    vaultServiceOf(url.hostname) !== undefined;
  if (url && isVault && url.pathname === '/' && url.search === '' && url.hash === '') {
    return url.origin;
  }
  throw new TrustError(
    'INPUT_INVALID',
    url && isVault
      ? `the URL names more than a vault: ${url.origin}${url.pathname}`
      : 'it is not the URL of a Key Vault or Managed HSM',
    { remedy: 'Give the URL of the vault alone, such as https://contoso-keys.vault.azure.net.' },
  );
}

/** Whether a text is the URL of a host, such as a vault, and of nothing at it. */
export function isHostAlone(text: string): boolean {
  return URL.canParse(text) && /^https:\/\/[^/]+\/?$/i.test(text.trim());
}
