/**
 * Restores one object of a backup, and holds what is in the vault then against the manifest. Never puts
 * anything over what the name holds; says "restored" only after reading back.
 */
import { openKey, otherKey, restoreVaultObject } from '../../../azure/index.js';
import { TrustError, isTrustError } from '../../../errors.js';
import { formatKeyReference, proveSigner, type VaultReference } from '../../../signing/index.js';
import type { RunContext } from '../../context.js';
import type { AzureAccess } from '../../access/access.js';
import {
  identify,
  identifyIfThere,
  referenceOf,
  type BackupObject,
  type Identity,
} from '../backup-folder/index.js';

type Azure = Pick<AzureAccess, 'credential'>;
type Context = Pick<RunContext, 'signal' | 'clock' | 'secrets'>;

/** What became of an object. */
export interface Restored {
  readonly state: 'restored' | 'already there';
  /** With the version that was the newest when the backup was made. */
  readonly reference: VaultReference;
  /** Undefined when it signed; why it was not proven to sign otherwise. */
  readonly unproven: string | undefined;
}

/** @throws {TrustError} KEY_CONFLICT, READ_BACK_FAILED, and what keeps it from being restored or read */
export async function restoreObject(
  object: BackupObject,
  blob: Uint8Array,
  vaultUrl: string,
  azure: Azure,
  context: Context,
): Promise<Restored> {
  const reference = referenceOf(object, vaultUrl);
  const present = await identifyIfThere(reference, azure, context);
  if (present) requireSame(object, present, reference);
  const { signal, clock } = context;
  if (!present) {
    await restoreVaultObject(reference, blob, azure.credential, { signal, clock });
    requireAll(object, await identify(reference, azure, context), reference);
  }
  const newest = newestIn(object, present);
  const versioned: VaultReference = { ...reference, version: newest };
  const unproven = await proofOf(versioned, azure, context);
  return { state: present ? 'already there' : 'restored', reference: versioned, unproven };
}

/** The version that the vault has for the newest key of the backup: another, if it was imported anew. */
function newestIn({ versions: [backed] }: BackupObject, present: Identity | undefined): string {
  if (!backed) throw new TypeError('a backup without versions went unnoticed');
  if (!present) return backed.version;
  const same = present.versions.find(
    ({ version, keyId }) => version === backed.version || (keyId && keyId === backed.keyId),
  );
  return same?.version ?? backed.version;
}

/** @throws {TrustError} KEY_CONFLICT unless the newest key of the backup is under its name */
function requireSame(object: BackupObject, present: Identity, reference: VaultReference): void {
  const [backed] = object.versions;
  const isThere = present.versions.some(({ version, keyId }) =>
    backed?.keyId === undefined ? version === backed?.version : keyId === backed.keyId,
  );
  if (isThere) return;
  const now = present.versions[0]?.keyId;
  const found = now === undefined ? 'one that cannot be told' : `its key ID is ${now}`;
  throw otherKey(reference, found, backed?.keyId ?? 'unknown');
}

/** @throws {TrustError} READ_BACK_FAILED unless every version is there with its key */
function requireAll(object: BackupObject, restored: Identity, reference: VaultReference): void {
  const wrong = object.versions.find(
    (backed) =>
      !restored.versions.some(
        ({ version, keyId }) => version === backed.version && keyId === backed.keyId,
      ),
  );
  if (!wrong) return;
  throw new TrustError(
    'READ_BACK_FAILED',
    `${formatKeyReference(reference)} was restored, but its version ${wrong.version} is not the key that was backed up`,
    { remedy: 'Do not use it. Restore another copy of the backup, into another vault.' },
  );
}

/** Has the key sign; undefined when it did, otherwise why that could not be seen. */
async function proofOf(
  reference: VaultReference,
  { credential }: Azure,
  { secrets, signal, clock }: Context,
): Promise<string | undefined> {
  try {
    const { signer } = await openKey(reference, {
      credential,
      secrets,
      signal,
      clock,
      passphraseInput: '',
    });
    await proveSigner(signer);
    return undefined;
  } catch (error) {
    // The one who restores need not be one who may sign; and a key may have been backed up disabled.
    if (isTrustError(error, 'VAULT_FORBIDDEN')) return 'this principal may not sign with it';
    if (isTrustError(error, 'KEY_PASSPHRASE_MISSING')) return 'it is encrypted';
    if (isTrustError(error, 'KEY_DISABLED')) return 'it is disabled or out of its dates';
    if (isTrustError(error, 'KEY_UNSUITABLE')) return 'it is no key that signs content trust data';
    throw error;
  }
}
