/** Opens every key that a run may use, so that the roles they may sign can be found. Signs nothing. */
import { mapConcurrent } from '../../concurrency.js';
import { isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { KeyReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import { listKeyVersions, listVaultKeys } from './list-keys.js';
import {
  asOwner,
  openNamedKey,
  type KeyUser,
  type NamedKey,
  type VaultAccess,
} from './named-key.js';
import type { OpenedKey } from './open-key.js';

/** One key, or every key of a vault. */
export type KeySource = NamedKey | { readonly vaultUrl: string };

/** A key that this run may sign with, if its vault allows it. */
export interface AvailableKey extends OpenedKey {
  /** Where it is; a vault key with the version that was opened. */
  readonly reference: KeyReference;
}

/**
 * Opens the keys of `sources`, each key once; of a whole vault every enabled version of every
 * enabled key, because the version that a repository lists need not be the newest.
 * @throws {TrustError} for the first that cannot be opened.
 */
export async function openAvailableKeys(
  sources: readonly KeySource[],
  azure: VaultAccess,
  run: KeyUser,
): Promise<readonly AvailableKey[]> {
  const { log } = run;
  const open = async (key: NamedKey): Promise<AvailableKey> => ({
    ...(await openNamedKey(key, azure, run)),
    reference: key.reference,
  });
  const opened = await asOwner(() =>
    mapConcurrent(sources, limits.concurrentVaultKeys, async (source) => {
      if (!('vaultUrl' in source)) return [await open(source)];
      const found = await keysOfVault(source.vaultUrl, azure, run);
      const usable = await mapConcurrent(found, limits.concurrentVaultKeys, async (key) => {
        try {
          return [await open(key)];
        } catch (error) {
          // An old version that is out of its dates, or of another kind: not available.
          if (isTrustError(error, 'KEY_DISABLED', 'KEY_UNSUITABLE')) return [];
          throw error;
        }
      });
      return usable.flat();
    }),
  );
  const byId = new Map<KeyId, AvailableKey>();
  for (const key of opened.flat()) {
    if (byId.has(key.signer.keyId)) continue;
    byId.set(key.signer.keyId, key);
    log.info(`${key.signer.keyId}  ${key.signer.description}`);
  }
  return [...byId.values()];
}

async function keysOfVault(
  vaultUrl: string,
  { credential }: VaultAccess,
  { signal, clock, log }: KeyUser,
): Promise<readonly NamedKey[]> {
  const options = { signal, clock };
  const listed = await listVaultKeys(vaultUrl, credential, {
    ...options,
    onPassedOver: (name, why) => {
      log.debug(`${vaultUrl}/keys/${name} is passed over: ${why.message}`);
    },
  });
  const versions = await mapConcurrent(
    listed,
    limits.concurrentVaultKeys,
    async ({ reference }) => {
      const all = await listKeyVersions(reference, credential, options);
      return all
        .filter(({ isEnabled }) => isEnabled)
        .map(({ version }) => ({ ...reference, version }));
    },
  );
  return versions.flat().map((reference) => ({
    reference,
    passphrase: undefined,
    passphraseInput: 'signing-key-passphrase',
  }));
}
