/** How the messages of this folder and the az command line call vaults and what is in them. */
import { formatKeyReference, vaultServiceOf, type VaultReference } from '../../signing/index.js';

/** One operation on one object. */
export interface VaultOperation {
  /** With an empty name for operations on all objects of the kind, such as listing them. */
  readonly reference: VaultReference;
  readonly action: VaultAction;
}

export type VaultAction = keyof typeof wording;

/** What an operation is called: after "could not", and after "forbids". */
const wording = {
  get: ['read', 'reading'],
  'get-public': ['read the public half of', 'reading the public half of'],
  sign: ['sign with', 'signing with'],
  list: ['list', 'listing'],
  update: ['write the tags of', 'writing the tags of'],
  create: ['create', 'creating'],
  import: ['import a key as', 'importing a key as'],
  set: ['store a secret as', 'storing a secret as'],
  backup: ['back up', 'backing up'],
  restore: ['restore', 'restoring'],
} as const;

/** `read https://…`, for after "could not". */
export function describeOperation({ reference, action }: VaultOperation): string {
  return `${wording[action][0]} ${describeObject(reference)}`;
}

/** `reading https://…`, for after "forbids". */
export function describeActing({ reference, action }: VaultOperation): string {
  return `${wording[action][1]} ${describeObject(reference)}`;
}

function describeObject(reference: VaultReference): string {
  return formatKeyReference(reference).replace(/\/$/, '');
}

/** All keys or all secrets of a vault. */
export function allOf(kind: 'vault-key' | 'vault-secret', vaultUrl: string): VaultReference {
  return { kind, vaultUrl, name: '', version: undefined };
}

/** A vault, or an object of it. */
type InVault = Pick<VaultReference, 'vaultUrl'>;

export function hostOf({ vaultUrl }: InVault): string {
  return new URL(vaultUrl).host;
}

/** The first label of the host: what az calls the vault or the HSM. */
export function vaultNameOf(place: InVault): string {
  return hostOf(place).split('.')[0] ?? '';
}

/** `key`, `secret` or `certificate`. */
export function nounOf({ kind }: VaultReference): string {
  return kind.slice('vault-'.length);
}

/** Whether it is a Managed HSM, whose roles, commands and life are its own. */
export function isInManagedHsm(place: InVault): boolean {
  return vaultServiceOf(hostOf(place)) === 'managed-hsm';
}

/** `--vault-name contoso`, or `--hsm-name contoso`. */
export function vaultFlagOf(place: InVault): string {
  return `${isInManagedHsm(place) ? '--hsm-name' : '--vault-name'} ${vaultNameOf(place)}`;
}
