/** Opens the keys that are left, and notes those that cannot be opened: here that is a finding. */
import { isTrustError, type TrustError } from '../../errors.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import { openAvailableKeys, type AvailableKey, type KeySource } from './available-keys.js';
import { isKnownDeleted } from './backup.js';
import type { KeyUser, VaultAccess } from './named-key.js';

/** A key that was named and is not available. */
export interface UnopenedKey {
  /** URL or path. */
  readonly name: string;
  /** Where it should be; undefined for a file or a whole vault. */
  readonly reference: VaultReference | undefined;
  readonly error: TrustError;
  /** Whether the vault says that it was deleted and can be recovered. */
  readonly isRecoverable: boolean;
}

const codesOfOneKey = [
  'KEY_NOT_FOUND',
  'KEY_DISABLED',
  'KEY_UNSUITABLE',
  'KEY_PASSPHRASE_MISSING',
  'KEY_PASSPHRASE_WRONG',
  'VAULT_FORBIDDEN',
  'VAULT_UNREACHABLE',
] as const;

/**
 * Opens what can be opened.
 * @throws {TrustError} what concerns more than one key, such as a failed sign-in.
 */
export async function openRemainingKeys(
  sources: readonly KeySource[],
  azure: VaultAccess,
  run: KeyUser,
): Promise<{ readonly keys: readonly AvailableKey[]; readonly unopened: readonly UnopenedKey[] }> {
  const keys = new Map<string, AvailableKey>();
  const unopened: UnopenedKey[] = [];
  for (const source of sources) {
    try {
      for (const key of await openAvailableKeys([source], azure, run)) {
        if (!keys.has(key.signer.keyId)) keys.set(key.signer.keyId, key);
      }
    } catch (error) {
      if (!isTrustError(error, ...codesOfOneKey)) throw error;
      const key = await unopenedKey(source, error, azure, run);
      run.log.warn(`${key.name} is not available: ${error.message}`);
      unopened.push(key);
    }
  }
  return { keys: [...keys.values()], unopened };
}

async function unopenedKey(
  source: KeySource,
  error: TrustError,
  azure: VaultAccess,
  { signal, clock }: KeyUser,
): Promise<UnopenedKey> {
  if ('vaultUrl' in source) {
    return { name: source.vaultUrl, reference: undefined, error, isRecoverable: false };
  }
  const { reference } = source;
  const isRecoverable =
    error.code === 'KEY_NOT_FOUND' &&
    reference.kind === 'vault-key' &&
    (await isKnownDeleted(reference, azure.credential, { signal, clock }));
  return {
    name: formatKeyReference(reference),
    reference: reference.kind === 'file' ? undefined : reference,
    error,
    isRecoverable,
  };
}
