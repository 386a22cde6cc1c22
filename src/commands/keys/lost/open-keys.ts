/** Opens the keys that are left, and notes those that cannot be opened: here that is a finding. */
import { findVaultKey } from '../../../azure/index.js';
import { isTrustError, type TrustError } from '../../../errors.js';
import { formatKeyReference, type VaultReference } from '../../../signing/index.js';
import type { KeySource } from '../../configuration/key-inputs.js';
import type { Run } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import { openAvailableKeys, type AvailableKey } from '../../signing/available-keys.js';

/** A key that was named and is not at hand. */
export interface UnopenedKey {
  /** URL or path. */
  readonly name: string;
  /** Where it should be; undefined for a file or a whole vault. */
  readonly reference: VaultReference | undefined;
  readonly error: TrustError;
  /** Whether the vault says that it was deleted and can be had back. */
  readonly isRecoverable: boolean;
}

export interface KeysLeft {
  readonly keys: readonly AvailableKey[];
  readonly unopened: readonly UnopenedKey[];
}

/** Opens what can be opened. @throws {TrustError} what is no matter of one key. */
export async function openKeysLeft(
  sources: readonly KeySource[],
  azure: Pick<AzureAccess, 'credential'>,
  context: Run,
): Promise<KeysLeft> {
  const { log } = context;
  const keys = new Map<string, AvailableKey>();
  const unopened: UnopenedKey[] = [];
  for (const source of sources) {
    try {
      for (const key of await openAvailableKeys([source], azure, context)) {
        if (!keys.has(key.signer.keyId)) keys.set(key.signer.keyId, key);
      }
    } catch (error) {
      if (!isTrustError(error, ...mattersOfOneKey)) throw error;
      const key = await unopenedKey(source, error, azure, context);
      log.warn(`${key.name} is not at hand: ${error.message}`);
      unopened.push(key);
    }
  }
  return { keys: [...keys.values()], unopened };
}

const mattersOfOneKey = [
  'KEY_NOT_FOUND',
  'KEY_DISABLED',
  'KEY_UNSUITABLE',
  'KEY_PASSPHRASE_MISSING',
  'KEY_PASSPHRASE_WRONG',
  'VAULT_FORBIDDEN',
  'VAULT_UNREACHABLE',
] as const;

async function unopenedKey(
  source: KeySource,
  error: TrustError,
  { credential }: Pick<AzureAccess, 'credential'>,
  { signal, clock }: Run,
): Promise<UnopenedKey> {
  if ('vaultUrl' in source) {
    return { name: source.vaultUrl, reference: undefined, error, isRecoverable: false };
  }
  const { reference } = source;
  const name = formatKeyReference(reference);
  if (reference.kind === 'file') {
    return { name, reference: undefined, error, isRecoverable: false };
  }
  if (reference.kind !== 'vault-key' || error.code !== 'KEY_NOT_FOUND') {
    return { name, reference, error, isRecoverable: false };
  }
  try {
    await findVaultKey({ ...reference, version: undefined }, credential, { signal, clock });
    return { name, reference, error, isRecoverable: false };
  } catch (found) {
    if (isTrustError(found, 'INTERRUPTED') || !isTrustError(found)) throw found;
    return { name, reference, error, isRecoverable: found.code === 'KEY_CONFLICT' };
  }
}
