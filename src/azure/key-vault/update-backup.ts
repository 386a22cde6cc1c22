/**
 * Brings the backup in a folder up to date. Changes nothing in the vault, and never replaces a backup
 * with one that lacks any of it.
 */
import type { TokenCredential } from '@azure/core-auth';

import { mapConcurrent } from '../../concurrency.js';
import { TrustError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Clock } from '../../ports.js';
import { formatKeyReference, type VaultReference } from '../../signing/index.js';
import { readBackupPlace, takeBackup, writeBackup } from './backup-folder.js';
import {
  hasSameVersions,
  lostObjects,
  type Manifest,
  type ObjectIdentity,
} from './backup-manifest.js';
import type { VaultOptions } from './call.js';
import { identifyObject, type IdentifyOptions } from './identify-object.js';
import { listVaultKeys } from './list-keys.js';

/** What of a vault is to be in a backup. */
export interface BackupRequest {
  readonly vaultUrl: string;
  /** Whether every signing key of the vault is wanted. */
  readonly wholeVault: boolean;
  readonly references: readonly VaultReference[];
}

/**
 * Identifies everything that is to be in the backup, each object once, in order of kind and name.
 * @throws {TrustError} KEY_NOT_FOUND for a vault without keys; as identifyObject
 */
export async function identifyObjects(
  { vaultUrl, wholeVault, references }: BackupRequest,
  credential: TokenCredential,
  options: IdentifyOptions & {
    readonly onPassedOver: (name: string, why: TrustError) => void;
  },
): Promise<readonly ObjectIdentity[]> {
  const listed = wholeVault ? await listVaultKeys(vaultUrl, credential, options) : [];
  const all = [...listed.map(({ reference }) => reference), ...references].map(
    (reference): VaultReference => ({ ...reference, version: undefined }),
  );
  const named = new Map(all.map((reference) => [formatKeyReference(reference), reference]));
  if (named.size === 0) throw noKeys(vaultUrl);
  const found = await mapConcurrent([...named.values()], limits.concurrentVaultKeys, (reference) =>
    identifyObject(reference, credential, options),
  );
  // A key named both by itself and by its certificate is one object.
  const byName = new Map(found.map((one) => [`${one.kind}/${one.name.toLowerCase()}`, one]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/**
 * The backup that is in the folder; undefined where there is none and one can be made.
 * @throws {TrustError} ARCHIVE_INVALID for a folder with anything else
 */
export async function requireBackupPlace(folder: string): Promise<Manifest | undefined> {
  const place = await readBackupPlace(folder);
  if (place.kind === 'other') {
    throw new TrustError(
      'ARCHIVE_INVALID',
      `The backup cannot be put into ${folder}: ${place.why}`,
      {
        remedy: 'Name a new folder, an empty one, or one with an earlier backup of the same keys.',
      },
    );
  }
  return place.kind === 'backup' ? place.manifest : undefined;
}

/**
 * Backs `wanted` up, unless `former`, the backup in the folder, has these very versions.
 * @throws {TrustError} ARCHIVE_INVALID when the backup in the folder has more; as takeBackup and
 *   writeBackup
 */
export async function updateBackup(
  folder: string,
  former: Manifest | undefined,
  wanted: readonly ObjectIdentity[],
  { vaultUrl }: Pick<BackupRequest, 'vaultUrl'>,
  credential: TokenCredential,
  options: VaultOptions & { readonly clock: Clock; readonly workingDirectory: string },
): Promise<{ readonly manifest: Manifest; readonly isNew: boolean }> {
  const lost = former ? lostObjects(former, vaultUrl, wanted) : [];
  if (lost.length > 0) {
    throw new TrustError(
      'ARCHIVE_INVALID',
      `${folder} holds a backup that has more than the new one would: ${lost.join(', ')}`,
      { remedy: 'Name another folder, so that no backup is lost.' },
    );
  }
  if (former && hasSameVersions(former, wanted)) return { manifest: former, isNew: false };
  const backup = await takeBackup(wanted, vaultUrl, credential, options);
  await writeBackup(folder, backup, former, options.workingDirectory);
  return { manifest: backup.manifest, isNew: true };
}

function noKeys(vaultUrl: string): TrustError {
  return new TrustError(
    'KEY_NOT_FOUND',
    `${vaultUrl} has no enabled key that can sign content trust data`,
    {
      remedy: `Check the name of the vault. Keys that are secrets are backed up by their own URLs, such as ${vaultUrl}/secrets/app.`,
    },
  );
}
