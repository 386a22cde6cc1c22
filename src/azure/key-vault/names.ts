/** How the messages of this folder and the az command line call vaults and what is in them. */
import { vaultServiceOf, type VaultReference } from '../../signing/index.js';

/** One operation on one object. */
export interface VaultOperation {
  readonly reference: VaultReference;
  readonly action: 'get' | 'sign';
}

export function hostOf({ vaultUrl }: VaultReference): string {
  return new URL(vaultUrl).host;
}

/** The first label of the host: what az calls the vault or the HSM. */
export function vaultNameOf(reference: VaultReference): string {
  return hostOf(reference).split('.')[0] ?? '';
}

/** `key`, `secret` or `certificate`. */
export function nounOf({ kind }: VaultReference): string {
  return kind.slice('vault-'.length);
}

export function isInManagedHsm(reference: VaultReference): boolean {
  return vaultServiceOf(hostOf(reference)) === 'managed-hsm';
}

/** `--vault-name contoso`, or `--hsm-name contoso`. */
export function vaultFlagOf(reference: VaultReference): string {
  return `${isInManagedHsm(reference) ? '--hsm-name' : '--vault-name'} ${vaultNameOf(reference)}`;
}
