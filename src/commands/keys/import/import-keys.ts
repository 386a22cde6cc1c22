/** Plans where keys go, and brings them there. */
import {
  assertImportable,
  storeKey,
  storedKeyName,
  type StoreAs,
  type VaultName,
} from '../../../azure/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import { isTrustError, type TrustError } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { imageOfGun } from '../../../registry/index.js';
import {
  formatKeyReference,
  purposeIn,
  type OpenedStoredKey,
  type StoredPurpose,
} from '../../../signing/index.js';
import { keyUsage, type Gun, type KeyUsage, type TrustedView } from '../../../trust/index.js';
import type { AzureAccess } from '../../../access/index.js';
import type { Run } from '../../run.js';

/** Where keys go, and as what. */
export interface ImportTarget {
  readonly vaultUrl: string;
  readonly rootVaultUrl: string;
  readonly store: StoreAs;
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
    const purpose = purposeIn(key, usage);
    if (purpose.role === 'snapshot') return { key, usage, purpose, destination: undefined };
    const place = {
      vaultUrl: purpose.role === 'root' ? rootVaultUrl : vaultUrl,
      name: storedKeyName({ role: purpose.role, repository: repositoryOf(purpose.gun) }, key.keyId),
    };
    const url = formatKeyReference({ kind, ...place, version: undefined });
    return { key, usage, purpose, destination: { ...place, url } };
  });
}

/** A GUN that is not of an image is taken as a whole. */
function repositoryOf(gun = ''): string {
  return imageOfGun(gun)?.repository ?? gun;
}

/** What became of a key. */
export interface ImportedKey extends PlannedKey {
  readonly state: 'imported' | 'already there' | 'to be imported' | 'left out' | 'failed';
  /** URL with the version; undefined unless it is in the vault. */
  readonly url: string | undefined;
  /** `not permitted`: this principal may import keys, and not sign with them. */
  readonly signs: 'proven' | 'not permitted' | 'not tried';
  readonly error: TrustError | undefined;
}

/** What would be done, as far as it is known without asking anybody. */
export function previewImport(
  planned: readonly PlannedKey[],
  { store }: Pick<ImportTarget, 'store'>,
): readonly ImportedKey[] {
  return planned.map((one): ImportedKey => {
    if (!one.destination) return notImported(one, 'left out');
    if (store.kind === 'vault-secret') return notImported(one, 'to be imported');
    try {
      const reference = { kind: 'vault-key', ...one.destination, version: undefined } as const;
      assertImportable(one.key.privateKey, reference);
      return notImported(one, 'to be imported');
    } catch (error) {
      if (!isTrustError(error, 'KEY_UNSUITABLE')) throw error;
      return notImported(one, 'failed', error);
    }
  });
}

/**
 * Imports what has a destination. If one key fails, the others are still imported.
 * @param onStored hears of each key that is in its vault, at once.
 * @throws {TrustError} INTERRUPTED
 */
export async function importKeys(
  planned: readonly PlannedKey[],
  target: ImportTarget,
  { credential }: Pick<AzureAccess, 'credential'>,
  run: Run,
  onStored: (url: string) => void,
): Promise<readonly ImportedKey[]> {
  const { secrets, signal, clock, log } = run;
  return mapConcurrent(planned, limits.concurrentVaultKeys, async (one): Promise<ImportedKey> => {
    const { destination, key } = one;
    if (!destination) return notImported(one, 'left out');
    try {
      const how = { secrets, signal, clock, as: target.store, onStored };
      const { isNew, url, signs } = await storeKey(key, one.purpose, destination, credential, how);
      const state = isNew ? 'imported' : 'already there';
      log.info(`${key.keyId}  ${state}  ${url}`);
      return { ...one, state, url, signs, error: undefined };
    } catch (error) {
      if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
      log.warn(`The key ${key.keyId} cannot be imported: ${error.message}`);
      return notImported(one, 'failed', error);
    }
  });
}

function notImported(
  planned: PlannedKey,
  state: ImportedKey['state'],
  error?: TrustError,
): ImportedKey {
  return { ...planned, state, url: undefined, signs: 'not tried', error };
}
