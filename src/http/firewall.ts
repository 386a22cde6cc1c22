/**
 * What to do about the firewall of a registry or a vault. Its owner decides who passes, so the
 * command is addressed to them.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

import { TrustError } from '../errors.js';
import { parseErrorResponse } from './error-response.js';
import type { HttpResponse } from './types.js';

/** Addresses that are not public: private, shared, link-local, loopback. */
const privateRanges = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateRanges.addSubnet(network, prefix, familyOf(network));
}

/** Whether an address is not public, as that of a private endpoint. */
export function isPrivateAddress(address: string): boolean {
  return privateRanges.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

/**
 * One step a line.
 * @param what `registry` or `vault`
 * @param name what Azure CLI calls the registry or vault
 * @param address the client address that the service states
 */
export function firewallRemedy(
  what: 'registry' | 'vault',
  name: string,
  address: string | undefined,
): string {
  const inside = `Or run the job in a network that reaches the ${what} through its private endpoint.`;
  // Firewall rules of Azure take public IPv4 addresses only.
  if (address !== undefined && (!isIPv4(address) || isPrivateAddress(address))) {
    const kind = isIP(address) === 6 ? 'an IPv6 address' : 'a private address';
    return (
      `The ${what} sees ${kind} (${address}), and its firewall rules take public IPv4 addresses only.\n` +
      `Check that the name of the ${what} resolves to its private endpoint on this machine.\n` +
      inside
    );
  }
  return (
    `Ask the owner of the ${what} to run: az ${what === 'registry' ? 'acr' : 'keyvault'} network-rule add ` +
    `--name ${name} --ip-address ${address ?? '<public IPv4 address of this machine>'}\n` +
    `${inside}\nThen run the step again.`
  );
}

/**
 * The error for an answer by which the firewall of a registry keeps this machine out, whatever was
 * asked for; undefined for every other answer.
 */
export function registryFirewall(host: string, response: HttpResponse): TrustError | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const { firewall, status, words } = parseErrorResponse(response);
  return firewall && registryFirewallError(host, firewall.address, `status ${status}: ${words}`);
}

/** What Azure CLI calls the registry behind a login server; a placeholder for other hosts. */
export function registryNameOf(host: string): string {
  // A login server may be the name with a hash behind it; names themselves have no hyphens.
  return /^([a-z0-9]+)(?:-[a-z0-9]+)?\.azurecr\./i.exec(host)?.[1] ?? '<name of the registry>';
}

/** REGISTRY_FIREWALL, for whoever heard of it in another way; `said` are the registry's own words. */
export function registryFirewallError(
  host: string,
  address: string | undefined,
  said: string,
): TrustError {
  return new TrustError(
    'REGISTRY_FIREWALL',
    `The firewall of registry ${host} blocks this machine (${said})`,
    { remedy: firewallRemedy('registry', registryNameOf(host), address) },
  );
}
