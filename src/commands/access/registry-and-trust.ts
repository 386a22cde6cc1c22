/** Access to a registry and to the trust server of its images, with the same credential. */
import { createRegistryAccess, type RegistryAccess } from '../../registry/index.js';
import type { TokenSourceOptions } from '../../registry/index.js';

/** What both are opened with. */
export interface RegistryAndTrustOptions extends Omit<
  TokenSourceOptions,
  'ping' | 'account' | 'allowedRealmHosts'
> {
  readonly trustUrl: string;
  /** Whether the user named the trust server for this registry, so that its token service is theirs. */
  readonly isTrustServerNamed: boolean;
}

/** Opens both; of one host they are one. Nobody is asked before the first use. */
export function openRegistryAndTrust({
  trustUrl,
  isTrustServerNamed,
  ...options
}: RegistryAndTrustOptions): { readonly registry: RegistryAccess; readonly trust: RegistryAccess } {
  const registry = createRegistryAccess(options);
  const { host } = new URL(trustUrl);
  if (host === options.host) return { registry, trust: registry };
  const allowed = isTrustServerNamed ? { allowedRealmHosts: [options.host] } : {};
  return { registry, trust: createRegistryAccess({ ...options, host, ...allowed }) };
}
