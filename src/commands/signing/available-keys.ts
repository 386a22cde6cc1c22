/** Opens every key that a run may use, so that the roles they may sign can be found. Signs nothing. */
import { listKeyVersions, listVaultKeys, type OpenedKey } from '../../azure/index.js';
import { isTrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { KeyReference } from '../../signing/index.js';
import type { KeyId } from '../../trust/index.js';
import { mapConcurrent } from '../../concurrency.js';
import type { AzureAccess } from '../access/access.js';
import type { Run } from '../context.js';
import type { KeyConfiguration, KeySource } from '../inputs/key-inputs.js';
import { asOwner, openKeyInput } from './open-key-input.js';

type Opening = Pick<Run, 'log' | 'secrets' | 'signal' | 'clock' | 'nameInput'>;

/** A key that this run may sign with, as far as its vault lets it. */
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
  azure: Pick<AzureAccess, 'credential'>,
  run: Opening,
): Promise<readonly AvailableKey[]> {
  const { log } = run;
  const open = async (key: KeyConfiguration): Promise<AvailableKey> => ({
    ...(await openKeyInput(key, azure, run)),
    reference: key.reference,
  });
  const opened = await asOwner(() =>
    mapConcurrent(sources, limits.concurrentVaultKeys, async (source) => {
      if (!('vaultUrl' in source)) return [await open(source)];
      const found = await keysOfVault(source.vaultUrl, azure, run);
      const inForce = await mapConcurrent(found, limits.concurrentVaultKeys, async (key) => {
        try {
          return [await open(key)];
        } catch (error) {
          // An old version that is out of its dates, or of another kind: not available.
          if (isTrustError(error, 'KEY_DISABLED', 'KEY_UNSUITABLE')) return [];
          throw error;
        }
      });
      return inForce.flat();
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
  { credential }: Pick<AzureAccess, 'credential'>,
  { signal, clock, log }: Opening,
): Promise<readonly KeyConfiguration[]> {
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
