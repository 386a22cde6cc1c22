/** Decides where each key goes, by what it says of itself and by what the trust data says. Pure. */
import type { VaultName } from '../../../azure/index.js';
import { formatKeyReference } from '../../../signing/index.js';
import type { Gun, TrustedView } from '../../../trust/index.js';
import { servicesOf, type Service } from '../stored-keys/serving.js';
import { vaultNameOf, type StoredPurpose } from '../stored-keys/stored-key-names.js';
import type { ImportConfiguration } from './configuration.js';
import type { OpenedStoredKey } from './open-keys.js';

/** A key and where it goes. */
export interface PlannedKey {
  readonly key: OpenedStoredKey;
  /** Where it serves, of the repositories that could be looked at. */
  readonly services: readonly Service[];
  readonly purpose: StoredPurpose;
  /** Undefined for a key that is of no use in a vault. */
  readonly destination: (VaultName & { readonly url: string }) | undefined;
}

/** Plans the import of `keys`. */
export function planImport(
  keys: readonly OpenedStoredKey[],
  views: ReadonlyMap<Gun, TrustedView>,
  {
    vaultUrl,
    rootVaultUrl,
    storeAs,
  }: Pick<ImportConfiguration, 'vaultUrl' | 'rootVaultUrl' | 'storeAs'>,
): readonly PlannedKey[] {
  return keys.map((key): PlannedKey => {
    const services = servicesOf(views, key.keyId);
    const purpose = purposeOf(key, services);
    if (purpose.role === 'snapshot') return { key, services, purpose, destination: undefined };
    const place = {
      vaultUrl: purpose.role === 'root' ? rootVaultUrl : vaultUrl,
      name: vaultNameOf(purpose, key.keyId),
    };
    const kind = storeAs === 'key' ? 'vault-key' : 'vault-secret';
    const url = formatKeyReference({ kind, ...place, version: undefined });
    return { key, services, purpose, destination: { ...place, url } };
  });
}

/**
 * What the header says, as it says the same in every run; except that a key which is the root of a
 * repository is kept as one, whatever its header says. Without a header, the trust data decides.
 */
function purposeOf({ role, guns }: OpenedStoredKey, services: readonly Service[]): StoredPurpose {
  const roles = new Set(services.flatMap((service) => service.roles));
  if (role === 'root' || roles.has('root')) return { role: 'root', gun: undefined };
  const [gun, ...others] = guns.length > 0 ? guns : services.map((service) => service.gun);
  // A key of several repositories is named after none of them.
  const only = others.length === 0 ? gun : undefined;
  // Notary lets one key be both: it is imported for the role that a vault can sign.
  if (role === 'snapshot' && [...roles].every((name) => name === 'snapshot')) {
    return { role, gun: only };
  }
  if (role !== undefined && role !== 'snapshot') return { role, gun: only };
  if (roles.has('targets')) return { role: 'targets', gun: only };
  const [delegation] = [...roles].filter((name) => /^targets\/(?!releases$)/.test(name));
  return { role: delegation?.slice('targets/'.length), gun: only };
}
