/** Decides where each key goes, by what it says of itself and by what the trust data says. Pure. */
import type { VaultName } from '../../../azure/index.js';
import { formatKeyReference } from '../../../signing/index.js';
import { keyUsage, type Gun, type KeyUsage, type TrustedView } from '../../../trust/index.js';
import { vaultNameOf, type StoredPurpose } from '../stored-key-names.js';
import type { OpenedStoredKey } from './open-stored-keys.js';

/** Where keys go, and as what. */
export interface ImportTarget {
  readonly vaultUrl: string;
  readonly rootVaultUrl: string;
  readonly store:
    { readonly kind: 'vault-key'; readonly hsm: boolean } | { readonly kind: 'vault-secret' };
}

/** A key and where it goes. */
export interface PlannedKey {
  readonly key: OpenedStoredKey;
  /** Where it is used, of the repositories that could be read. */
  readonly usage: readonly KeyUsage[];
  readonly purpose: StoredPurpose;
  /** Undefined for a key that is of no use in a vault. */
  readonly destination: (VaultName & { readonly url: string }) | undefined;
}

/** Plans the import of `keys`. */
export function planImport(
  keys: readonly OpenedStoredKey[],
  views: ReadonlyMap<Gun, TrustedView>,
  { vaultUrl, rootVaultUrl, store: { kind } }: ImportTarget,
): readonly PlannedKey[] {
  return keys.map((key): PlannedKey => {
    const usage = keyUsage(views, key.keyId);
    const purpose = purposeOf(key, usage);
    if (purpose.role === 'snapshot') return { key, usage, purpose, destination: undefined };
    const place = {
      vaultUrl: purpose.role === 'root' ? rootVaultUrl : vaultUrl,
      name: vaultNameOf(purpose, key.keyId),
    };
    const url = formatKeyReference({ kind, ...place, version: undefined });
    return { key, usage, purpose, destination: { ...place, url } };
  });
}

/**
 * What the header says, as it says the same in every run; except that a key which is the root of a
 * repository is kept as one, whatever its header says. Without a header, the trust data decides.
 */
function purposeOf({ role, guns }: OpenedStoredKey, usage: readonly KeyUsage[]): StoredPurpose {
  const roles = new Set(usage.flatMap((one) => one.roles));
  if (role === 'root' || roles.has('root')) return { role: 'root', gun: undefined };
  const [first, ...others] = guns.length > 0 ? guns : usage.map((one) => one.gun);
  // A key of several repositories is named after none of them.
  const gun = others.length === 0 ? first : undefined;
  // Notary lets one key be both: it is imported for the role that a vault can sign.
  const isSnapshotOnly = role === 'snapshot' && [...roles].every((name) => name === 'snapshot');
  if (role !== undefined && (role !== 'snapshot' || isSnapshotOnly)) return { role, gun };
  if (roles.has('targets')) return { role: 'targets', gun };
  const delegation = [...roles].find((name) => /^targets\/(?!releases$)/.test(name));
  return { role: delegation?.slice('targets/'.length), gun };
}
