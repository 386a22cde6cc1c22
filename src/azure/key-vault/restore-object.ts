/**
 * Restores one object of a backup, and compares what is in the vault then with the manifest. Never
 * replaces what the name holds; says "restored" only after reading back.
 */
import type { TokenCredential } from '@azure/core-auth';
import { TrustError, isTrustError, type ErrorCode } from '../../errors.js';
import { formatKeyReference, proveSigner, type VaultReference } from '../../signing/index.js';
import { referenceOf, type BackupObject, type ObjectIdentity } from './backup-manifest.js';
import { restoreVaultObject } from './backup.js';
import { otherKey } from './conflicts.js';
import { identifyIfThere, identifyObject, type IdentifyOptions } from './identify-object.js';
import { openKey } from './open-key.js';

/** What became of an object. */
export interface RestoredObject {
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
  credential: TokenCredential,
  options: IdentifyOptions,
): Promise<RestoredObject> {
  const reference = referenceOf(object, vaultUrl);
  const present = await identifyIfThere(reference, credential, options);
  if (!present) {
    await restoreVaultObject(reference, blob, credential, options);
    requireAll(object, await identifyObject(reference, credential, options), reference);
  }
  const version = newestIn(object, present, reference);
  const versioned: VaultReference = { ...reference, version };
  const unproven = await proofOf(versioned, credential, options);
  return { state: present ? 'already there' : 'restored', reference: versioned, unproven };
}

/**
 * The version that the vault has for the newest key of the backup: another one if it was imported again.
 * @throws {TrustError} KEY_CONFLICT when that key is not under its name
 */
function newestIn(
  { versions: [backed] }: BackupObject,
  present: ObjectIdentity | undefined,
  reference: VaultReference,
): string {
  if (!backed) throw new TypeError('invariant violated: a backup without versions');
  if (!present) return backed.version;
  const same = present.versions.find(({ version, keyId }) =>
    backed.keyId === undefined ? version === backed.version : keyId === backed.keyId,
  );
  if (same) return same.version;
  const now = present.versions[0]?.keyId;
  const holds = now === undefined ? 'one whose ID cannot be read' : `its key ID is ${now}`;
  throw otherKey(reference, holds, backed.keyId ?? 'unknown');
}

/** @throws {TrustError} READ_BACK_FAILED unless every version is there with its key */
function requireAll(
  { versions }: BackupObject,
  restored: ObjectIdentity,
  reference: VaultReference,
): void {
  const wrong = versions.find(
    ({ version, keyId }) =>
      !restored.versions.some((one) => one.version === version && one.keyId === keyId),
  );
  if (!wrong) return;
  throw new TrustError(
    'READ_BACK_FAILED',
    `${formatKeyReference(reference)} was restored, but its version ${wrong.version} is not the key that was backed up`,
    { remedy: 'Do not use it. Restore another copy of the backup, into another vault.' },
  );
}

/** The one who restores may not be one who may sign; and a key may have been backed up disabled. */
const unprovenBy: Partial<Record<ErrorCode, string>> = {
  VAULT_FORBIDDEN: 'this principal may not sign with it',
  KEY_PASSPHRASE_MISSING: 'it is encrypted',
  KEY_DISABLED: 'it is disabled or out of its dates',
  KEY_UNSUITABLE: 'it is not a key that signs content trust data',
};

/** Has the key sign; undefined when it did, otherwise why that could not be proven. */
async function proofOf(
  reference: VaultReference,
  credential: TokenCredential,
  options: IdentifyOptions,
): Promise<string | undefined> {
  try {
    const { signer } = await openKey(reference, { ...options, credential, passphraseInput: '' });
    await proveSigner(signer);
    return undefined;
  } catch (error) {
    const why = isTrustError(error) ? unprovenBy[error.code] : undefined;
    if (why === undefined) throw error;
    return why;
  }
}
