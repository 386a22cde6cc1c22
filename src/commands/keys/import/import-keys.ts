/**
 * Imports keys into their vaults and reads them back: what is said to be there has the same public
 * key and, where the principal may sign, has signed.
 */
import {
  assertImportable,
  importVaultKey,
  openKey,
  openVaultKey,
  setVaultSecret,
  tagsFor,
  type VaultName,
} from '../../../azure/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import { TrustError, isTrustError } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { formatKeyReference, proveSigner, type VaultReference } from '../../../signing/index.js';
import type { KeyId, Signer } from '../../../trust/index.js';
import type { AzureAccess } from '../../access/access.js';
import type { Run } from '../../context.js';
import { purposeOfStored } from '../stored-key-names.js';
import type { ImportTarget, PlannedKey } from './plan-import.js';

/** What became of a key. */
export interface ImportedKey extends PlannedKey {
  readonly state: 'imported' | 'already there' | 'to be imported' | 'left out' | 'failed';
  /** URL with the version; undefined unless it is in the vault. */
  readonly url: string | undefined;
  /** `not permitted`: this principal may import keys, and not sign with them. */
  readonly signs: 'proven' | 'not permitted' | 'not tried';
  readonly error: TrustError | undefined;
}

type Azure = Pick<AzureAccess, 'credential'>;

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
 * @param note hears of each key that is in its vault, at once.
 * @throws {TrustError} INTERRUPTED
 */
export async function importKeys(
  planned: readonly PlannedKey[],
  target: ImportTarget,
  azure: Azure,
  run: Run,
  note: (url: string) => void,
): Promise<readonly ImportedKey[]> {
  const { log } = run;
  return mapConcurrent(planned, limits.concurrentVaultKeys, async (one): Promise<ImportedKey> => {
    const { destination, key } = one;
    if (!destination) return notImported(one, 'left out');
    try {
      const { reference, isNew } = await store(one, destination, target, azure, run);
      const url = formatKeyReference(reference);
      note(url);
      const signer = await readBack(reference, key.keyId, azure, run);
      const signs = await tryToSign(signer);
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

async function store(
  { key, purpose }: PlannedKey,
  destination: VaultName,
  target: ImportTarget,
  { credential }: Azure,
  { secrets, signal, clock }: Run,
): Promise<{ readonly reference: VaultReference; readonly isNew: boolean }> {
  const options = { signal, clock, tags: tagsFor(purposeOfStored(purpose)) };
  return target.store.kind === 'vault-key'
    ? importVaultKey(destination, key.privateKey, credential, {
        ...options,
        hsm: target.store.hsm,
      })
    : setVaultSecret(destination, key.privateKey, credential, { ...options, secrets });
}

/** Opens what is in the vault now. @throws {TrustError} READ_BACK_FAILED when it is another key */
async function readBack(
  reference: VaultReference,
  keyId: KeyId,
  { credential }: Azure,
  { secrets, signal, clock }: Run,
): Promise<Signer> {
  const signer =
    reference.kind === 'vault-secret'
      ? (await openKey(reference, { credential, passphraseInput: '', secrets, signal, clock }))
          .signer
      : await openVaultKey(reference, credential, { signal, clock });
  if (signer.keyId === keyId) return signer;
  throw new TrustError(
    'READ_BACK_FAILED',
    `${formatKeyReference(reference)} holds the key ${signer.keyId} after the import, not ${keyId}`,
    { remedy: 'Keep the old file, and find out who else writes to this vault.' },
  );
}

/** @throws {TrustError} when what it signs is not right, or the vault cannot be asked */
async function tryToSign(signer: Signer): Promise<ImportedKey['signs']> {
  try {
    await proveSigner(signer);
    return 'proven';
  } catch (error) {
    if (isTrustError(error, 'VAULT_FORBIDDEN')) return 'not permitted';
    throw error;
  }
}
