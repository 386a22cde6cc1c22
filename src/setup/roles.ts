/** Which roles the pipeline and the owner need, each where it reaches least. */
import { isInManagedHsm, vaultNameOf } from '../azure/index.js';
import type { NeededRole, RoleMode, SetupKey, SetupRequest } from './request.js';

/** The roles, each once. `mode` of the registry: with repository permissions its own roles count for nothing. */
export function neededRoles(request: SetupRequest, mode: RoleMode): readonly NeededRole[] {
  const { repositories, rootKey, signatures } = request;
  const isDct = signatures !== 'notary-project';
  const registry = { kind: 'registry' } as const;
  const keys = keysOf(request);
  const owned = [...keys, ...(rootKey ? [rootKey] : [])];
  const isByRepository = mode === 'repositories';
  const wanted: readonly NeededRole[] = [
    ...(isDct
      ? (['AcrPush', 'AcrImageSigner'] as const).map((role): NeededRole => ({
          who: 'owner',
          role,
          on: registry,
        }))
      : []),
    ...owned.flatMap(({ vaultUrl, kind }): readonly NeededRole[] => [
      { who: 'owner', role: 'Key Vault Crypto Officer', on: { kind: 'vault', vaultUrl } },
      ...(kind === 'vault-certificate'
        ? [
            {
              who: 'owner',
              role: 'Key Vault Certificates Officer',
              on: { kind: 'vault', vaultUrl },
            } as const,
          ]
        : []),
    ]),
    {
      who: 'pipeline',
      role: isByRepository ? 'Container Registry Repository Writer' : 'AcrPush',
      on: registry,
    },
    ...(isDct ? [{ who: 'pipeline', role: 'AcrImageSigner', on: registry } as const] : []),
    ...repositories.flatMap(({ key }) => signingRoles(key)),
  ];
  const byName = new Map(wanted.map((role) => [JSON.stringify(role), role]));
  return [...byName.values()];
}

/** On the key alone: whoever signs needs no other key of the vault. */
function signingRoles({ vaultUrl, name, kind }: SetupKey): readonly NeededRole[] {
  return [
    {
      who: 'pipeline',
      role: 'Key Vault Crypto User',
      on: { kind: 'vault', vaultUrl, object: `keys/${name}` },
    },
    ...(kind === 'vault-certificate'
      ? [
          {
            who: 'pipeline',
            role: 'Key Vault Certificate User',
            on: { kind: 'vault', vaultUrl, object: `certificates/${name}` },
          } as const,
        ]
      : []),
  ];
}

/** The keys that sign, each once. */
export function keysOf({ repositories }: SetupRequest): readonly SetupKey[] {
  return [...new Map(repositories.map(({ key }) => [JSON.stringify(key), key])).values()];
}

/** The vaults of all keys, each once. */
export function vaultsOf(request: SetupRequest): readonly string[] {
  const { rootKey } = request;
  const keys = [...keysOf(request), ...(rootKey ? [rootKey] : [])];
  return [...new Set(keys.map(({ vaultUrl }) => vaultUrl))];
}

/** The flag by which a command of `az keyvault` names a vault. */
export function vaultFlags(place: { readonly vaultUrl: string }): Readonly<Record<string, string>> {
  return { [isInManagedHsm(place) ? 'hsm-name' : 'vault-name']: vaultNameOf(place) };
}
