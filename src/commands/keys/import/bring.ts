/**
 * Brings keys into their vaults and reads them back: what is said to be there has the same public
 * half and, where the principal may sign, has signed.
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
import { TrustError, isTrustError } from '../../../errors.js';
import { limits } from '../../../limits.js';
import { formatKeyReference, proveSigner, type VaultReference } from '../../../signing/index.js';
import type { Signer } from '../../../trust/index.js';
import { mapConcurrent } from '../../../concurrency.js';
import type { RunContext } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import { purposeOfStored } from '../stored-keys/stored-key-names.js';
import type { ImportConfiguration } from './configuration.js';
import type { PlannedKey } from './plan.js';

/** What became of a key. */
export interface BroughtKey extends PlannedKey {
  readonly state: 'imported' | 'already there' | 'to be imported' | 'left out' | 'failed';
  /** URL with the version; undefined unless it is in the vault. */
  readonly url: string | undefined;
  /** `not permitted`: this principal may bring keys in, and not sign with them. */
  readonly signs: 'proven' | 'not permitted' | 'not tried';
  readonly error: TrustError | undefined;
}

/** What would be done, as far as nobody has to be asked. */
export function wouldBring(
  planned: readonly PlannedKey[],
  { storeAs }: Pick<ImportConfiguration, 'storeAs'>,
): readonly BroughtKey[] {
  return planned.map((one): BroughtKey => {
    const nothing = { ...one, url: undefined, signs: 'not tried', error: undefined } as const;
    if (!one.destination) return { ...nothing, state: 'left out' };
    if (storeAs === 'secret') return { ...nothing, state: 'to be imported' };
    try {
      const reference = { kind: 'vault-key', ...one.destination, version: undefined } as const;
      assertImportable(one.key.privateKey, reference);
      return { ...nothing, state: 'to be imported' };
    } catch (error) {
      if (!isTrustError(error, 'KEY_UNSUITABLE')) throw error;
      return { ...nothing, state: 'failed', error };
    }
  });
}

/**
 * Brings in what has a destination. One key that cannot be brought in keeps no other from it.
 * @param note hears of each key that is in its vault, at once.
 * @throws {TrustError} INTERRUPTED
 */
export async function bringKeys(
  planned: readonly PlannedKey[],
  configuration: ImportConfiguration,
  azure: Pick<AzureAccess, 'credential'>,
  context: RunContext,
  note: (url: string) => void,
): Promise<readonly BroughtKey[]> {
  const { log } = context;
  return mapConcurrent(planned, limits.concurrentVaultKeys, async (one): Promise<BroughtKey> => {
    const nothing = { ...one, url: undefined, signs: 'not tried', error: undefined } as const;
    const { destination, key } = one;
    if (!destination) return { ...nothing, state: 'left out' };
    try {
      const { reference, isNew } = await store(one, destination, configuration, azure, context);
      const url = formatKeyReference(reference);
      note(url);
      const signer = await readBack(reference, key.keyId, azure, context);
      const signs = await tryToSign(signer);
      const state = isNew ? 'imported' : 'already there';
      log.info(`${key.keyId}  ${state}  ${url}`);
      return { ...one, state, url, signs, error: undefined };
    } catch (error) {
      if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
      log.warn(`The key ${key.keyId} cannot be imported: ${error.message}`);
      return { ...nothing, state: 'failed', error };
    }
  });
}

async function store(
  { key, purpose }: PlannedKey,
  destination: VaultName,
  { storeAs, hsm }: ImportConfiguration,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock }: RunContext,
): Promise<{ readonly reference: VaultReference; readonly isNew: boolean }> {
  const options = { signal, clock, tags: tagsFor(purposeOfStored(purpose)) };
  return storeAs === 'key'
    ? importVaultKey(destination, key.privateKey, credential, { ...options, hsm })
    : setVaultSecret(destination, key.privateKey, credential, { ...options, secrets });
}

/** Opens what is in the vault now. @throws {TrustError} READ_BACK_FAILED when it is another key */
async function readBack(
  reference: VaultReference,
  keyId: string,
  { credential }: Pick<AzureAccess, 'credential'>,
  { secrets, signal, clock }: RunContext,
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
async function tryToSign(signer: Signer): Promise<BroughtKey['signs']> {
  try {
    await proveSigner(signer);
    return 'proven';
  } catch (error) {
    if (isTrustError(error, 'VAULT_FORBIDDEN')) return 'not permitted';
    throw error;
  }
}
