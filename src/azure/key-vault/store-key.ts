/**
 * Brings keys of Docker's stores into vaults and reads them back: what is said to be there has the
 * same public key and, where the principal may sign, has signed.
 */
import type { KeyObject } from 'node:crypto';
import type { TokenCredential } from '@azure/core-auth';

import { TrustError, isTrustError } from '../../errors.js';
import type { Secrets } from '../../ports.js';
import {
  formatKeyReference,
  proveSigner,
  type StoredPurpose,
  type VaultReference,
} from '../../signing/index.js';
import type { KeyId } from '../../trust/metadata/index.js';
import type { Signer } from '../../trust/signer.js';
import type { VaultOptions } from './call.js';
import { importVaultKey } from './import-key.js';
import { openKey } from './open-key.js';
import { openVaultKey } from './open-vault-key.js';
import type { VaultName } from './read-key.js';
import { setVaultSecret } from './set-secret.js';
import { tagsFor, type KeyPurpose } from './tags.js';

/** What keys become in a vault. */
export type StoreAs =
  { readonly kind: 'vault-key'; readonly hsm: boolean } | { readonly kind: 'vault-secret' };

/** A key that is in its vault. */
export interface StoredInVault {
  /** False when the vault held this very key before. */
  readonly isNew: boolean;
  /** URL with the version. */
  readonly url: string;
  /** `not permitted`: this principal may import keys, and not sign with them. */
  readonly signs: 'proven' | 'not permitted';
}

interface StoreKeyOptions extends VaultOptions {
  readonly secrets: Secrets;
  readonly as: StoreAs;
  /** Hears of the key once it is in its vault, before it is read back. */
  readonly onStored: (url: string) => void;
}

/**
 * Stores a key under a name, and opens what is there then.
 * @throws {TrustError} READ_BACK_FAILED when it is another key, or what it signs is not right; as
 *   importVaultKey and setVaultSecret
 */
export async function storeKey(
  { keyId, privateKey }: { readonly keyId: KeyId; readonly privateKey: KeyObject },
  purpose: StoredPurpose,
  destination: VaultName,
  credential: TokenCredential,
  options: StoreKeyOptions,
): Promise<StoredInVault> {
  const { as, onStored } = options;
  const how = { ...options, tags: tagsFor(purposeOfStored(purpose)) };
  const { reference, isNew } =
    as.kind === 'vault-key'
      ? await importVaultKey(destination, privateKey, credential, { ...how, hsm: as.hsm })
      : await setVaultSecret(destination, privateKey, credential, how);
  const url = formatKeyReference(reference);
  onStored(url);
  const signer = await openStored(reference, credential, options);
  if (signer.keyId !== keyId) {
    throw new TrustError(
      'READ_BACK_FAILED',
      `${url} holds the key ${signer.keyId} after the import, not ${keyId}`,
      { remedy: 'Keep the old file, and find out who else writes to this vault.' },
    );
  }
  return { isNew, url, signs: await tryToSign(signer) };
}

async function openStored(
  reference: VaultReference,
  credential: TokenCredential,
  options: StoreKeyOptions,
): Promise<Signer> {
  if (reference.kind !== 'vault-secret') return openVaultKey(reference, credential, options);
  const opened = await openKey(reference, { ...options, credential, passphraseInput: '' });
  return opened.signer;
}

/** @throws {TrustError} when what it signs is not right, or the vault cannot be asked */
async function tryToSign(signer: Signer): Promise<StoredInVault['signs']> {
  try {
    await proveSigner(signer);
    return 'proven';
  } catch (error) {
    if (isTrustError(error, 'VAULT_FORBIDDEN')) return 'not permitted';
    throw error;
  }
}

/**
 * The name of a key in a vault. It always ends in the beginning of the key ID, as every other part
 * loses something: two keys never have one name, and the same key has the same name in every run.
 */
export function storedKeyName(
  { role, repository }: { readonly role: string | undefined; readonly repository: string },
  keyId: KeyId,
): string {
  const parts =
    role === 'root' || role === undefined
      ? [role ?? 'key']
      : role === 'targets' || role === 'snapshot'
        ? [repository, role]
        : role === 'delegation'
          ? [role]
          : ['signer', role];
  return [...parts.map(plain), keyId.slice(0, 8)].filter((part) => part !== '').join('-');
}

/** Letters, digits and hyphens, not too many; names in a vault have no others. */
function plain(text: string): string {
  return text
    .replace(/[^0-9a-zA-Z]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '');
}

/** What the tags of a key say that was in a store. */
export function purposeOfStored({ role, gun }: StoredPurpose): KeyPurpose {
  if (role === 'root') return { role };
  if (role === 'targets') return { role, gun };
  const signer = role === undefined || role === 'delegation' ? {} : { signer: role };
  return { role: 'delegation', gun, ...signer };
}
